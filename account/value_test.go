package account

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestValueTexts(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		value Value
		want  []string
	}{
		{"", nil},
		{"null", nil},
		{`""`, nil},
		{"[]", nil},
		{`[""]`, nil},
		{`["",null, ""]`, nil},
		{`"Paris"`, []string{"Paris"}},
		{`"a\"b\u00e9\n"`, []string{"a\"bé\n"}},
		{"12345678901234567890", []string{"12345678901234567890"}},
		{"true", []string{"true"}},
		{`{"a": [1,2]}`, []string{`{"a": [1,2]}`}},
		{`["a","b"]`, []string{"a", "b"}},
		{`[ "a" , "b" ]`, []string{"a", "b"}},
		{`["a","","b"]`, []string{"a", "b"}},
		{`["]","[","\""]`, []string{"]", "[", `"`}},
		{`["a\\","b"]`, []string{`a\`, "b"}},
		{`[1,"x",null,{"y":"z"},["w"]]`, []string{"1", "x", `{"y":"z"}`, `["w"]`}},
	} {
		if d := cmp.Diff(tt.want, tt.value.AppendTexts(nil)); d != "" {
			t.Errorf("%s: %s", tt.value, d)
		}
		if got := tt.value.IsEmpty(); got != (len(tt.want) == 0) {
			t.Errorf("%s: IsEmpty is %t", tt.value, got)
		}
	}
}

// What a broken value gives matters little, as long as it gives something.
func TestValueTextsOfBrokenJSONDoNotPanic(t *testing.T) {
	t.Parallel()
	for _, v := range []Value{`"`, `[`, `["`, `["a`, `["a",`, `["a"x]`, `"a\`, `[,]`, `"\ud800"`} {
		v.AppendTexts(nil)
		v.IsEmpty()
	}
}

func TestListValueHoldsItsTexts(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		texts := rapid.SliceOf(rapid.StringN(1, 20, -1)).Draw(t, "texts")
		v := ListValue(texts)
		var plain []string
		if err := json.Unmarshal([]byte(v), &plain); err != nil {
			t.Fatalf("%s: %v", v, err)
		}
		if len(texts) == 0 {
			plain = nil
			texts = nil
		}
		if d := cmp.Diff(plain, v.AppendTexts(nil)); d != "" {
			t.Error(d)
		}
		if d := cmp.Diff(texts, v.AppendTexts(nil)); d != "" {
			t.Error(d)
		}
	})
}

func BenchmarkValueTexts(b *testing.B) {
	for name, v := range map[string]Value{"plain": `["Sales","Europe","VPN"]`, "escaped": `["Sales \u0026 more","Europe","VPN"]`} {
		b.Run("elements="+name, func(b *testing.B) {
			b.ReportAllocs()
			var texts []string
			for b.Loop() {
				texts = v.AppendTexts(texts[:0])
			}
		})
	}
}
