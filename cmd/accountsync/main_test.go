package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "write what the scripts compare anew")

// commands are what this binary is run as by scripts and other tests.
var commands = map[string]func(){"accountsync": main, "crash": crash, "fleet": fleetMain}

// TestMain lets scripts run this binary as the command accountsync.
func TestMain(m *testing.M) {
	testscript.Main(crowd{m}, commands)
}

// crash is the program with a bug in a goroutine that nothing watches.
func crash() {
	neverExit2()
	go func() { panic("a bug") }()
	select {}
}

// crowd runs the tests, more of them side by side than there are cores: most of
// their time they wait for a run to look again at what it wrote. A check of a
// property is two runs of the program: it takes few of them.
type crowd struct{ *testing.M }

func (c crowd) Run() int {
	flag.Parse()
	if _, err := exec.LookPath("sh"); err != nil { // sandboxes, secrets and documents are started by it
		fmt.Fprintln(os.Stderr, "the tests of this package need a shell on the PATH:", err)
		return 1
	}
	ours := map[string]string{"test.parallel": "8", "rapid.checks": "10"}
	flag.Visit(func(f *flag.Flag) { delete(ours, f.Name) })
	for name, value := range ours {
		if err := flag.Set(name, value); err != nil {
			panic(err)
		}
	}
	// Race-detecting programs sleep at their end, and exit with 66, which is a
	// status of ours.
	os.Setenv("GORACE", "atexit_sleep_ms=0 exitcode=99 "+os.Getenv("GORACE"))
	return c.M.Run()
}

// TestScripts runs the command as users do; script_test.go says what its
// scripts can do beyond testscript's own commands.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                "testdata/script",
		UpdateScripts:      *update,
		RequireUniqueNames: true,
		Setup:              setUp,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"sandbox":     cmdSandbox,
			"receiver":    cmdReceiver,
			"onerun":      cmdOneRun,
			"exists-soon": cmdExistsSoon,
			"impostor":    cmdImpostor,
			"accounts":    cmdAccounts,
			"approvers":   cmdApprovers,
			"requests":    cmdRequests,
			"exits":       cmdExits,
			"follow":      cmdFollow,
			"await":       cmdAwait,
			"signal":      cmdSignal,
			"status":      cmdStatus,
			"port":        cmdPort,
			"deadport":    cmdDeadPort,
			"listening":   cmdListening,
			"normal":      cmdNormal,
			"utf16":       cmdUTF16,
			"latin1":      cmdLatin1,
			"workbook":    cmdWorkbook,
			"mode":        cmdMode,
			"nosecrets":   cmdNoSecrets,
		},
	})
}
