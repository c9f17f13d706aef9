package diff

import "testing"

func TestJudgeShrunk(t *testing.T) {
	t.Parallel()
	number := func(n int) *int { return &n }
	usually := DefaultLimits().Shrunk
	for _, tt := range []struct {
		name       string
		live, left int
		limit      Limit
		allowed    *int
		want       []Guard
	}{
		{"nothing is known of an earlier run", 0, 0, usually, nil, nil},
		{"as many as were left", 100, 100, usually, nil, []Guard{{Name: "shrunk", Limit: 20}}},
		{"more", 130, 100, usually, nil, []Guard{{Name: "shrunk", Limit: 20}}},
		{"80 % of them", 80, 100, usually, nil, []Guard{{Name: "shrunk", Planned: 20, Limit: 20}}},
		{"less than 80 %", 79, 100, usually, nil, []Guard{{Name: "shrunk", Planned: 21, Limit: 20, Tripped: true, Needed: 21}}},
		{"an empty answer", 0, 100, usually, nil, []Guard{{Name: "shrunk", Planned: 100, Limit: 20, Tripped: true, Needed: 100}}},
		{"allowed", 0, 100, usually, number(100), []Guard{{Name: "shrunk", Planned: 100, Limit: 20, Needed: 100, AllowedBy: "--allow-shrunk 100"}}},
		{"another number is allowed", 1, 100, usually, number(100), []Guard{{Name: "shrunk", Planned: 99, Limit: 20, Tripped: true, Needed: 99}}},
		{"one of a handful", 3, 4, usually, nil, []Guard{{Name: "shrunk", Planned: 1, Limit: 0, Tripped: true, Needed: 1}}},
		{"unlimited", 0, 100, Limit{}, nil, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			equal(t, JudgeShrunk(tt.live, tt.left, tt.limit, Allow{Shrunk: tt.allowed}), tt.want)
		})
	}
}
