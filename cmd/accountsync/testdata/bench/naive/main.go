// Command naive plans as one would without thought: every row of the desired
// state in a map of maps, the accounts page after page through encoding/json,
// each compared as texts. It prints how many are kept, put and created:
//
//	naive SOURCE DESIRED.csv
//
// The tenant and the credentials are those of the SAIL_ variables.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/gocarina/gocsv"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: naive SOURCE DESIRED.csv")
		os.Exit(64)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "naive:", err)
		os.Exit(1)
	}
}

type account struct {
	NativeIdentity string         `json:"nativeIdentity"`
	Attributes     map[string]any `json:"attributes"`
}

type api struct{ base, token string }

func run(source, path string) error {
	desired, err := rows(path)
	if err != nil {
		return err
	}
	a, err := signIn(os.Getenv("SAIL_BASE_URL"))
	if err != nil {
		return err
	}
	var found []struct{ ID string }
	if err := a.get("/v3/sources", url.Values{"filters": {fmt.Sprintf("name eq %q", source)}}, &found); err != nil {
		return err
	}
	kept, puts := 0, 0
	for offset := 0; ; offset += 250 {
		var page []account
		err := a.get("/v3/accounts", url.Values{"filters": {fmt.Sprintf("sourceId eq %q", found[0].ID)}, "sorters": {"id"},
			"limit": {"250"}, "offset": {strconv.Itoa(offset)}}, &page)
		if err != nil {
			return err
		}
		for _, live := range page {
			if row := desired[live.NativeIdentity]; row == nil {
				continue
			} else if equal(row, live.Attributes) {
				kept++
			} else {
				puts++
			}
			delete(desired, live.NativeIdentity)
		}
		if len(page) < 250 {
			fmt.Println("kept", kept, "put", puts, "create", len(desired))
			return nil
		}
	}
}

// rows are the rows of a CSV by their first column.
func rows(path string) (map[string]map[string]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	all, err := gocsv.CSVToMaps(f)
	if err != nil {
		return nil, err
	}
	desired := make(map[string]map[string]string, len(all))
	for _, row := range all {
		desired[row["employeeId"]] = row
	}
	return desired, nil
}

func equal(row map[string]string, live map[string]any) bool {
	for name, cell := range row {
		switch value := live[name].(type) {
		case []any:
			var texts []string
			for _, v := range value {
				texts = append(texts, fmt.Sprint(v))
			}
			wanted := strings.Split(cell, ";")
			slices.Sort(texts)
			slices.Sort(wanted)
			if !slices.Equal(texts, wanted) {
				return false
			}
		default:
			if fmt.Sprint(value) != cell {
				return false
			}
		}
	}
	return true
}

func signIn(base string) (*api, error) {
	resp, err := http.PostForm(base+"/oauth/token", url.Values{"grant_type": {"client_credentials"},
		"client_id": {os.Getenv("SAIL_CLIENT_ID")}, "client_secret": {os.Getenv("SAIL_CLIENT_SECRET")}})
	if err != nil {
		return nil, err
	}
	var token struct {
		AccessToken string `json:"access_token"`
	}
	if err := decode(resp, &token); err != nil {
		return nil, err
	}
	return &api{base, token.AccessToken}, nil
}

func (a *api) get(path string, query url.Values, answer any) error {
	req, err := http.NewRequest(http.MethodGet, a.base+path+"?"+query.Encode(), nil)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+a.token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	return decode(resp, answer)
}

func decode(resp *http.Response, answer any) error {
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", resp.Status, text)
	}
	return json.Unmarshal(text, answer)
}
