package sandbox_test

import (
	"strings"
	"testing"

	"accountsync/sandbox"
)

// Half of the generated accounts hold one of & < > in their department, and the
// server writes these as encoders of other languages do.
func TestGeneratedEscapes(t *testing.T) {
	t.Parallel()
	const n = 250
	escaped := 0
	for i := range n {
		if strings.ContainsAny(sandbox.GeneratedRow(1, i)[4], "&<>") {
			escaped++
		}
	}
	if escaped < n*2/5 || escaped > n*3/5 {
		t.Errorf("%d of %d departments hold one of & < >, want half", escaped, n)
	}
	page := newAPI(t, sandbox.Generate(n, 1)).page(sandbox.GeneratedSource, n, 0)
	if text := page.body; strings.ContainsAny(text, "&<>") || !strings.Contains(text, `"R\u0026D \u003cLab\u003e"`) {
		t.Errorf("%.600s", text)
	}
	decoded := 0
	for _, a := range page.list(t) {
		if strings.ContainsAny(a["attributes"].(map[string]any)["department"].(string), "&<>") {
			decoded++
		}
	}
	if decoded != escaped {
		t.Errorf("decoded, %d departments hold one of & < >, want %d", decoded, escaped)
	}
}
