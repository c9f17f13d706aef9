package reports

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var sampleDir = filepath.Join("..", "samples", "report")

// The result of a run with operations in every state, for people to look at:
// samples/report is what WriteAll writes of it.
func TestSampleReport(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := everyState(t)
	if err := writeAll(dir, r); err != nil {
		t.Fatal(err)
	}
	page := pageWith(t, r, "SAMPLE") // the one thing that differs every time
	if err := os.WriteFile(filepath.Join(dir, ReportHTML), []byte(page), 0o600); err != nil {
		t.Fatal(err)
	}
	want := fileNames(t, dir)
	for _, name := range want {
		sample(t, filepath.Join(dir, name), filepath.Join(sampleDir, name))
	}
	if got := fileNames(t, sampleDir); !slices.Equal(got, want) {
		t.Errorf("%s holds %v instead of %v", sampleDir, got, want)
	}
	validFile(t, "result", filepath.Join(sampleDir, ResultJSON))
}

func sample(t *testing.T, written, path string) {
	t.Helper()
	got, err := os.ReadFile(written)
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.MkdirAll(sampleDir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs (-want +got), run with -update if that is right:\n%s", path, diff)
	}
}

func fileNames(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != recordName {
			names = append(names, e.Name())
		}
	}
	return names
}
