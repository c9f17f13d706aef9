package connection

import "testing"

func TestShownPath(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/oauth/token": "/oauth/token",
		"/v3/accounts": "/v3/accounts",
		"/v3/accounts/2c9180835d2e5168015d32f890ca1581":           "/v3/accounts/2c9180835d2e5168015d32f890ca1581",
		"/accounts/v1/2c9180835d2e5168015d32f890ca1581/enable":    "/accounts/v1/2c9180835d2e5168015d32f890ca1581/enable",
		"/v2024/task-status/0d338dcc-a054-11ec-b909-0242ac120002": "/v2024/task-status/0d338dcc-a054-11ec-b909-0242ac120002",
		"/beta/sources/2c9180835d2e5168015d32f890ca1581/schemas":  "/beta/sources/2c9180835d2e5168015d32f890ca1581/schemas",
		"/v3/accounts/ada.castell@example.com":                    "/v3/accounts/*",
		"/v3/accounts/Ada Castell/entitlements":                   "/v3/accounts/*/entitlements",
		"/v3/accounts/2c9180835d2e5168015d32f890ca1581-ada":       "/v3/accounts/*",
		"/v3/accounts/ada/castell":                                "/v3/accounts/*/*",
	} {
		if got := shownPath(path); got != want {
			t.Errorf("%s is shown as %s, want %s", path, got, want)
		}
	}
}
