package openstack

import (
	"net/http"
	"slices"
	"strings"

	"github.com/wechsel-project/wechsel/pkg/sim"
)

// A transition is what an action does to a server's state.
type transition struct {
	word     string   // in a refusal
	from     []string // vm states
	task, to string
	power    int
}

var transitions = map[string]transition{
	"os-stop":  {"stop", []string{"active", "error"}, "powering-off", "stopped", powerOff},
	"os-start": {"start", []string{"stopped"}, "powering-on", "active", powerRunning},
	"pause":    {"pause", []string{"active"}, "pausing", "paused", powerPaused},
	"unpause":  {"unpause", []string{"paused"}, "unpausing", "active", powerRunning},
	"suspend":  {"suspend", []string{"active"}, "suspending", "suspended", powerOff},
	"resume":   {"resume", []string{"suspended"}, "resuming", "active", powerRunning},
	"unrescue": {"unrescue", []string{"rescued"}, "unrescuing", "active", powerRunning},
}

// adminActions are refused to a member, with the rule that says so.
var adminActions = map[string]string{"os-resetState": "os_compute_api:os-admin-actions:reset_state", "injectNetworkInfo": "os_compute_api:os-admin-actions:inject_network_info",
	"migrate": "os_compute_api:os-migrate-server:migrate", "evacuate": "os_compute_api:os-evacuate"}

func actOnServer(c *call) (*reply, error) {
	body, _ := c.body.(map[string]any)
	if len(body) != 1 {
		return nil, refuse(http.StatusBadRequest, "Malformed request body")
	}
	name := sortedKeys(body)[0]
	if rule, there := adminActions[name]; there && !c.admin() {
		return nil, notAllowed(rule)
	}
	s, there := c.cloud.compute.servers.Get(c.PathValue("id"))
	if !there || s.project != c.project() && !c.admin() {
		words := "Instance %s could not be found."
		if name == "os-start" || name == "os-stop" {
			words = "Instance %s has no mapping to a cell."
		}
		return nil, refuse(http.StatusNotFound, words, c.PathValue("id"))
	}
	if t, known := transitions[name]; known {
		return c.change(s, t)
	}
	arg, _ := body[name].(map[string]any)
	if h, known := serverActions()[name]; known {
		return h(c, s, arg)
	}
	return nil, refuse(http.StatusBadRequest, "There is no such action: %s", name)
}

// change carries a transition out.
func (c *call) change(s *server, t transition) (*reply, error) {
	if err := c.free(s, t); err != nil {
		return nil, err
	}
	d := c.cloud.takes(c.cloud.profile.Behaviour.Durations.ServerAction, s.id)
	now := s.state(c.now)
	now.task = t.task
	s.life = sim.Begin(c.now, now, d).Then(serverState{t.to, "", t.power})
	s.fault = nil
	s.note(c, t.word)
	return empty(http.StatusAccepted), nil
}

// free tells whether a server may be changed: it is not locked, in the right
// state, and nothing else is going on.
func (c *call) free(s *server, t transition) error {
	st := s.state(c.now)
	switch {
	case s.locked && !c.admin():
		return refuse(http.StatusConflict, "Instance %s is locked", s.id)
	case s.launched.IsZero() || st.vm == "error" && s.host == "":
		return refuse(http.StatusConflict, "Instance %s is not ready", s.id)
	case !slices.Contains(t.from, st.vm):
		return refuse(http.StatusConflict, "Cannot '%s' instance %s while it is in vm_state %s", t.word, s.id, st.vm)
	case st.task != "":
		return refuse(http.StatusConflict, "Cannot '%s' instance %s while it is in task_state %s", t.word, s.id, st.task)
	}
	return nil
}

type serverActionHandler func(*call, *server, map[string]any) (*reply, error)

// serverActions are the actions with an argument.
func serverActions() map[string]serverActionHandler {
	return map[string]serverActionHandler{
		"reboot":              rebootServer,
		"lock":                lockServer,
		"unlock":              unlockServer,
		"os-getConsoleOutput": consoleOutput,
		"os-getVNCConsole":    noConsole,
		"os-getSPICEConsole":  noConsole,
		"os-getSerialConsole": noConsole,
		"addSecurityGroup":    joinSecurityGroup,
		"removeSecurityGroup": leaveSecurityGroup,
		"createImage":         snapshotServer,
		"changePassword":      acceptOnly,
		"rescue":              rescueServer,
		"rebuild":             rebuildServer,
		"resize":              resizeServer,
		"confirmResize":       endResize("confirmResize", false),
		"revertResize":        endResize("revertResize", true),
	}
}

func acceptOnly(*call, *server, map[string]any) (*reply, error) {
	return empty(http.StatusAccepted), nil
}

func rebootServer(c *call, s *server, arg map[string]any) (*reply, error) {
	t := transition{"reboot", []string{"active"}, "rebooting", "active", powerRunning}
	if strings.EqualFold(text(arg["type"]), "hard") {
		t.from, t.task = []string{"active", "stopped", "paused", "suspended", "error"}, "rebooting_hard"
	}
	return c.change(s, t)
}

func lockServer(c *call, s *server, arg map[string]any) (*reply, error) {
	s.locked, s.lockReason = true, nil
	if c.version.since(2, 73) {
		s.lockReason = arg["locked_reason"]
	}
	return empty(http.StatusAccepted), nil
}

func unlockServer(c *call, s *server, _ map[string]any) (*reply, error) {
	s.locked, s.lockReason = false, nil
	return empty(http.StatusAccepted), nil
}

func consoleOutput(c *call, s *server, _ map[string]any) (*reply, error) {
	if s.host == "" {
		return nil, refuse(http.StatusConflict, "Instance %s is not ready", s.id)
	}
	return ok(map[string]any{"output": "FAKE CONSOLE OUTPUT\nANOTHER\nLAST LINE"}), nil
}

// noConsole: the cloud has no console proxy.
func noConsole(c *call, s *server, arg map[string]any) (*reply, error) {
	return nil, refuse(http.StatusBadRequest, "Unavailable console type %s.", pyStr(arg["type"]))
}
