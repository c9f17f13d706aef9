package sandbox_test

import (
	"fmt"
	"net/http/httptest"
	"net/url"

	"accountsync/sandbox"
)

// A sandbox is an http.Handler: a stand-in ISC API for tests of any client.
func ExampleNew() {
	server := httptest.NewServer(sandbox.New(sandbox.DefaultSeed()))
	defer server.Close()
	resp, err := server.Client().PostForm(server.URL+"/oauth/token",
		url.Values{"grant_type": {"client_credentials"}, "client_id": {"demo"}, "client_secret": {"demo-secret"}})
	if err != nil {
		panic(err)
	}
	defer resp.Body.Close()
	fmt.Println(resp.StatusCode, resp.Header.Get("Content-Type"))
	// Output:
	// 200 application/json
}
