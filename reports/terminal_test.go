package reports

import (
	"bytes"
	"fmt"
	"testing"
)

// A terminal report is one line a unit, wrapped to its width.
func TestTerminalGolden(t *testing.T) {
	t.Parallel()
	for _, width := range []int{0, 40, 80, 120} {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			t.Parallel()
			opt := Options{Width: width, Cost: "8 requests, at least 1 s under 100/10s"}
			var plan, table bytes.Buffer
			if err := Plan(&plan, everyState(t), opt); err != nil {
				t.Fatal(err)
			}
			if err := Table(&table, everyState(t), opt); err != nil {
				t.Fatal(err)
			}
			golden(t, fmt.Sprintf("plan.%d.golden", width), plan.Bytes())
			golden(t, fmt.Sprintf("table.%d.golden", width), table.Bytes())
		})
	}
}
