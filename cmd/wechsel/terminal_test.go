package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"
)

// terminal FILE [-interrupt TEXT] COMMAND…: runs the command with a terminal
// of 80 columns for its stderr, and writes what arrived there to FILE, as it
// was sent, and what a person sees at the end to FILE.seen. With -interrupt,
// Ctrl-C is sent once TEXT was shown. The exit code is in the variable code.
func terminal(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: terminal FILE [-interrupt TEXT] COMMAND…")
	}
	file, wait := args[0], ""
	if args = args[1:]; args[0] == "-interrupt" {
		wait, args = args[1], args[2:]
	}
	master, slave, err := openTerminal()
	ts.Check(err)
	defer master.Close()
	c := exec.Command(lookUp(ts, args[0]), args[1:]...)
	c.Dir, c.Stderr = ts.MkAbs("."), slave
	c.Env = append(os.Environ(), "TERM=xterm", "NO_COLOR="+ts.Getenv("NO_COLOR"))
	if term := ts.Getenv("TERM"); term != "" {
		c.Env = append(c.Env, "TERM="+term)
	}
	for _, name := range []string{"HOME", "XDG_STATE_HOME", "OS_CLIENT_CONFIG_FILE", "PATH", "TESTSCRIPT_COMMAND"} {
		c.Env = append(c.Env, name+"="+ts.Getenv(name))
	}
	var out bytes.Buffer
	c.Stdout = &out
	ts.Check(c.Start())
	ts.Check(slave.Close())
	var raw bytes.Buffer
	buffer := make([]byte, 4096)
	for {
		n, err := master.Read(buffer)
		raw.Write(buffer[:n])
		if wait != "" && strings.Contains(raw.String(), wait) {
			wait = ""
			ts.Check(c.Process.Signal(syscall.SIGINT))
		}
		if err != nil { // the last one who writes has gone
			if !errors.Is(err, io.EOF) && !errors.Is(err, unix.EIO) {
				ts.Fatalf("%v", err)
			}
			break
		}
	}
	_ = c.Wait()
	ts.Setenv("code", strconv.Itoa(c.ProcessState.ExitCode()))
	ts.Check(os.WriteFile(ts.MkAbs(file), raw.Bytes(), 0o600))
	ts.Check(os.WriteFile(ts.MkAbs(file+".seen"), []byte(seen(raw.String())), 0o600))
	ts.Check(os.WriteFile(ts.MkAbs(file+".out"), out.Bytes(), 0o600))
}

func lookUp(ts *testscript.TestScript, name string) string {
	for _, dir := range filepath.SplitList(ts.Getenv("PATH")) {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			return filepath.Join(dir, name)
		}
	}
	ts.Fatalf("there is no command %s", name)
	return ""
}

// openTerminal returns both ends of a new pseudo terminal of 80 columns.
func openTerminal() (master, slave *os.File, err error) {
	if master, err = os.OpenFile("/dev/ptmx", os.O_RDWR, 0); err != nil {
		return nil, nil, err
	}
	fd := int(master.Fd())
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		err = unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 80})
	}
	if err == nil {
		slave, err = os.OpenFile("/dev/pts/"+strconv.Itoa(number), os.O_RDWR|unix.O_NOCTTY, 0)
	}
	if err != nil {
		return nil, nil, errors.Join(err, master.Close())
	}
	return master, slave, nil
}

// seen is what a terminal shows after that: of the escape sequences it knows
// those that the library sends, up some lines and clear below.
func seen(raw string) string {
	lines := []string{""}
	for raw != "" {
		if rest, ok := strings.CutPrefix(raw, "\x1b["); ok {
			end := strings.IndexFunc(rest, func(r rune) bool { return r >= '@' })
			n, _ := strconv.Atoi(rest[:end])
			switch rest[end] {
			case 'A':
				lines = append(lines[:max(0, len(lines)-1-n)], "")
			case 'J':
			default:
				lines[len(lines)-1] += "?" + rest[:end+1]
			}
			raw = rest[end+1:]
			continue
		}
		switch raw[0] {
		case '\n':
			lines = append(lines, "")
		case '\r':
		default:
			lines[len(lines)-1] += raw[:1]
		}
		raw = raw[1:]
	}
	return strings.Join(lines, "\n")
}
