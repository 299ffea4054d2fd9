package cluster

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	"github.com/wechsel-project/wechsel/pkg/profile"
)

// Program is the name of the program that is a cluster.
const Program = "wechsel-cluster"

// ErrNoProgram means that the program is not built.
var ErrNoProgram = errors.New(Program + " was not found")

// Find returns the path of the program: named if that is not empty, else beside
// the running program, else on PATH. The error says how to get it.
func Find(named string) (string, error) {
	if named != "" {
		if _, err := os.Stat(named); err != nil {
			return "", fmt.Errorf("%w: %w", ErrNoProgram, err)
		}
		return named, nil
	}
	if self, err := os.Executable(); err == nil {
		beside := filepath.Join(filepath.Dir(self), Program)
		if _, err := os.Stat(beside); err == nil {
			return beside, nil
		}
	}
	if path, err := exec.LookPath(Program); err == nil {
		return path, nil
	}
	return "", fmt.Errorf("%w beside wechsel or on PATH: build it with make cluster, or name it in WECHSEL_CLUSTER", ErrNoProgram)
}

// A Cluster is one that serves.
type Cluster struct {
	Server               string `json:"server"`               // https://127.0.0.1:PORT
	CertificateAuthority string `json:"certificateAuthority"` // PEM
	Token                string `json:"token"`                // of an administrator
	Version              string `json:"version"`              // such as v1.34.0

	command *exec.Cmd
	input   io.Closer
	words   *tail
}

// OpenStack is the project in which the cluster's storage driver for Cinder makes
// volumes.
type OpenStack struct {
	AuthURL  string `json:"authURL"` // http://127.0.0.1:PORT/identity/v3
	User     string `json:"user"`
	Password string `json:"password"`
	Project  string `json:"project"`
	Domain   string `json:"domain"` // of user and project
	Region   string `json:"region"`
}

// configuration is what the program reads; see its Config.
type configuration struct {
	Name string `json:"name"`
	profile.Kubernetes
	OpenStack *OpenStack `json:"openStack,omitempty"`
}

// Start runs the profile's cluster with the program and waits until it serves,
// at most until ctx ends. The caller closes. The cluster's volumes lie nowhere:
// they are only told of.
func Start(ctx context.Context, program string, p *profile.Profile) (*Cluster, error) {
	return StartIn(ctx, program, p, nil)
}

// StartIn is Start for a cluster whose volumes are Cinder's, in a project.
func StartIn(ctx context.Context, program string, p *profile.Profile, project *OpenStack) (*Cluster, error) {
	if !p.Kubernetes.Serves() {
		return nil, fmt.Errorf("the profile %s offers no Kubernetes", p.Name)
	}
	c := &Cluster{command: exec.Command(program), words: &tail{}} //nolint:noctx // it ends with its input, also when ctx lives on
	c.command.Stderr = c.words
	told := p.Kubernetes
	told.Declared = profile.Declared{} // is true of nothing that runs
	output, err := c.open(configuration{p.Name, told, project})
	if err != nil {
		return nil, fmt.Errorf("start the cluster of %s with %s: %w", p.Name, program, err)
	}
	stop := context.AfterFunc(ctx, func() { _ = c.command.Process.Kill() })
	err = c.await(output)
	if !stop() && ctx.Err() != nil {
		err = ctx.Err()
	}
	if err == nil {
		return c, nil
	}
	closed := c.Close()
	if errors.Is(err, errNoAnswer) { // its last words are all there only once it has ended
		err = fmt.Errorf("%w: %s", err, c.words)
	}
	return nil, errors.Join(fmt.Errorf("start the cluster of %s with %s: %w", p.Name, program, err), closed)
}

var errNoAnswer = errors.New("it ended without an answer")

// open starts the process and tells it what to be.
func (c *Cluster) open(config configuration) (io.Reader, error) {
	input, err := c.command.StdinPipe()
	if err != nil {
		return nil, err
	}
	output, err := c.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.command.Start(); err != nil {
		return nil, err
	}
	c.input = input
	// A process that dies at once breaks the pipe: its own words, which await reads, say more.
	_ = json.NewEncoder(input).Encode(config)
	return output, nil
}

// await reads the one answer.
func (c *Cluster) await(output io.Reader) error {
	var answer struct {
		*Cluster
		Error string `json:"error"`
	}
	answer.Cluster = c
	if err := json.NewDecoder(output).Decode(&answer); err != nil {
		return errNoAnswer
	}
	if answer.Error != "" {
		return errors.New(answer.Error)
	}
	return nil
}

// endTime is how long a cluster may take to end by itself.
const endTime = 10 * time.Second

// Close ends the cluster and all that is in it, and waits for its end.
func (c *Cluster) Close() error {
	err := c.input.Close()
	late := time.AfterFunc(endTime, func() { _ = c.command.Process.Kill() })
	defer late.Stop()
	var exit *exec.ExitError
	if waited := c.command.Wait(); waited != nil && !errors.As(waited, &exit) {
		err = errors.Join(err, waited)
	}
	return err
}

// tail keeps the end of what a process says.
type tail struct {
	mu   sync.Mutex
	kept []byte
}

const keep = 4 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = append(t.kept, p...)
	t.kept = t.kept[max(0, len(t.kept)-keep):]
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(bytes.TrimSpace(t.kept))
}
