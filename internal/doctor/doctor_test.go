package doctor

import (
	"strings"
	"testing"
	"time"

	"accountsync/isc"
)

func TestLifeOfAToken(t *testing.T) {
	t.Parallel()
	ends := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	for want, grant := range map[string]isc.Grant{
		"an access token is good for 12m29s, this one until 2026-11-27T12:00:00Z by its own exp": {Life: 749 * time.Second, Ends: ends},
		"an access token is good for 12m29s and renewed by itself":                               {Life: 749 * time.Second},
		"this access token is good until 2026-11-27T12:00:00Z by its own exp, and renewed when":  {Ends: ends},
		"the API does not say how long an access token is good":                                  {},
	} {
		if got := life(grant); !strings.Contains(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
