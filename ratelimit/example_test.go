package ratelimit_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"accountsync/ratelimit"
)

// A transport keeps every client that shares it within one quota.
func ExampleNewTransport() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	defer server.Close()
	quota, err := ratelimit.ParseQuota("100/10s")
	if err != nil {
		panic(err)
	}
	limited := ratelimit.NewTransport(ratelimit.BaseTransport(4), quota)
	client := &http.Client{Transport: limited}
	for range 3 {
		resp, err := client.Get(server.URL)
		if err != nil {
			panic(err)
		}
		resp.Body.Close()
	}
	fmt.Println(limited.Stats().Total, "requests under", quota, "and", quota.MinDuration(250), "at least for 250")
	// Output:
	// 3 requests under 100/10s and 20s at least for 250
}
