package terminal

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// CanAsk reports whether somebody sits at a terminal who can see a question and
// answer it.
func CanAsk(stdin io.Reader, stderr *Console) bool {
	in, isFile := stdin.(*os.File)
	if !isFile || !term.IsTerminal(int(in.Fd())) {
		return false
	}
	_, closeScreen, err := screen(stderr)
	if err == nil {
		closeScreen()
	}
	return err == nil
}

// Ask asks a question; no is the default.
func Ask(ctx context.Context, stdin io.Reader, stderr *Console, question string) (yes bool, err error) {
	out, closeScreen, err := screen(stderr)
	if err != nil {
		return false, err
	}
	defer closeScreen()
	fmt.Fprint(out, question+" [y/N] ")
	lines := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(stdin).ReadString('\n') // the end of the input is an empty line
		lines <- strings.ToLower(strings.TrimSpace(line))
	}()
	select {
	case answer := <-lines:
		return answer == "y" || answer == "yes", nil
	case <-ctx.Done():
		return false, context.Canceled
	}
}

// screen is where a question is seen: standard error, or the terminal itself
// when that goes elsewhere.
func screen(stderr *Console) (w io.Writer, closeScreen func(), err error) {
	if f, ok := Of(stderr); ok {
		return f, func() {}, nil
	}
	tty, err := os.OpenFile("/dev/tty", os.O_WRONLY, 0)
	return tty, func() { _ = tty.Close() }, err
}

// AskSecret asks for what is not to be shown, such as a passphrase, where CanAsk
// says that somebody can answer.
func AskSecret(stdin io.Reader, stderr *Console, question string) ([]byte, error) {
	in, isFile := stdin.(*os.File)
	if !isFile {
		return nil, os.ErrInvalid
	}
	out, closeScreen, err := screen(stderr)
	if err != nil {
		return nil, err
	}
	defer closeScreen()
	fmt.Fprint(out, question+" ")
	secret, err := term.ReadPassword(int(in.Fd()))
	fmt.Fprintln(out)
	return secret, err
}
