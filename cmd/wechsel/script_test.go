package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "write the golden files")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"wechsel": main,
	})
}

func TestScript(t *testing.T) { runScripts(t, "testdata/script") }

// A scriptCommand is one that scripts may use beside testscript's own.
type scriptCommand = func(ts *testscript.TestScript, neg bool, args []string)

func runScripts(t *testing.T, dir string, more ...map[string]scriptCommand) {
	t.Helper()
	commands := map[string]scriptCommand{"interrupt": interrupt, "clouds": startClouds, "columns": columns, "terminal": terminal}
	for _, m := range more {
		maps.Copy(commands, m)
	}
	testscript.Run(t, testscript.Params{
		Dir: dir, UpdateScripts: *update, RequireExplicitExec: true, RequireUniqueNames: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("HOME", env.WorkDir)
			env.Setenv("XDG_STATE_HOME", env.WorkDir+"/state")
			env.Setenv("OS_CLIENT_CONFIG_FILE", env.WorkDir+"/clouds.yaml")
			env.Setenv("WECHSEL_CLUSTER", os.Getenv("WECHSEL_CLUSTER"))
			env.Setenv("WECHSEL_LAB", os.Getenv("WECHSEL_LAB"))
			return nil
		},
		Cmds: commands,
	})
}

// columns FILE N: no line of the file is wider than N.
func columns(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: columns FILE N")
	}
	limit := len(args[1])
	if _, err := fmt.Sscan(args[1], &limit); err != nil {
		ts.Fatalf("%v", err)
	}
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		if n := len([]rune(strings.TrimRight(line, "\n"))); n > limit {
			ts.Fatalf("%d columns: %s", n, line)
		}
	}
}

// interrupt N TEXT COMMAND…: runs the command and sends it N times Ctrl-C, the
// first once it has said TEXT on stderr. Its output is in stdout, its exit
// code in the variable code. With KILL or HUP for N it is one SIGKILL or SIGHUP.
func interrupt(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: interrupt N TEXT COMMAND…")
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	path, err := exec.LookPath(args[2])
	if err != nil {
		path = ts.Getenv("PATH")
		for _, dir := range strings.Split(path, ":") {
			if _, err := os.Stat(dir + "/" + args[2]); err == nil {
				path = dir + "/" + args[2]
				break
			}
		}
	}
	c := exec.CommandContext(ctx, path, args[3:]...)
	c.Dir = ts.MkAbs(".")
	for _, name := range []string{"HOME", "XDG_STATE_HOME", "OS_CLIENT_CONFIG_FILE", "WECHSEL_CLUSTER", "PATH", "TESTSCRIPT_COMMAND"} {
		c.Env = append(c.Env, name+"="+ts.Getenv(name))
	}
	stderr, err := c.StderrPipe()
	ts.Check(err)
	hung := make(chan os.Signal, 1)
	signal.Notify(hung, syscall.SIGHUP) // or a command of tests under nohup would ignore it as these do
	ts.Check(c.Start())
	signal.Stop(hung)
	left, sent := 1, syscall.SIGKILL
	switch args[0] {
	case "KILL":
	case "HUP":
		sent = syscall.SIGHUP
	default:
		sent = syscall.SIGINT
		left, err = strconv.Atoi(args[0])
		ts.Check(err)
	}
	var said strings.Builder
	lines := bufio.NewScanner(stderr)
	for wait := args[1]; lines.Scan(); {
		said.WriteString(lines.Text() + "\n")
		if left > 0 && strings.Contains(lines.Text(), wait) {
			ts.Check(c.Process.Signal(sent))
			left--
			wait = "Ctrl-C again"
		}
	}
	_ = c.Wait()
	ts.Setenv("code", strconv.Itoa(c.ProcessState.ExitCode()))
	ts.Check(os.WriteFile(ts.MkAbs("said"), []byte(said.String()), 0o600))
}

// startClouds DIR CLOUD…: serves simulated clouds until the script's end.
func startClouds(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: clouds DIR CLOUD…")
	}
	ctx, cancel := context.WithCancel(context.Background())
	out, in := io.Pipe()
	words, err := os.Create(ts.MkAbs(args[0] + ".said")) // a file may be written to by several at once
	ts.Check(err)
	done := make(chan int, 1)
	go func() {
		code := Run(ctx, append([]string{"wechsel", "cloud", "start", "--dir", ts.MkAbs(args[0])}, args[1:]...), Streams{Out: in, Err: words})
		_ = in.Close()
		done <- code
	}()
	lines := bufio.NewScanner(out)
	served := false
	for !served && lines.Scan() {
		served = strings.HasPrefix(lines.Text(), "export ")
	}
	if !served {
		<-done
		ts.Fatalf("%s", ts.ReadFile(words.Name()))
	}
	var once sync.Once
	ts.Defer(func() {
		once.Do(func() {
			cancel()
			_, _ = io.Copy(io.Discard, out)
			<-done
			_ = words.Close()
		})
	})
}
