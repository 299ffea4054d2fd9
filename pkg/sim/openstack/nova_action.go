package openstack

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/wechsel-project/wechsel/pkg/sim"
)

// A serverAction is what may be asked of a server: by whom, in which states,
// and what it does.
type serverAction struct {
	rule   string   // of the policy, below os_compute_api:
	word   string   // in a refusal: Cannot 'word' instance …
	hosted bool     // needs a host; that is looked at before the state
	from   []string // vm states
	busy   []string // task states that do not matter; "*": any
	free   bool     // neither the lock nor the state matters
	do     func(*call, *server, any) (*reply, error)
}

// anyTask is for actions that do not care what else is going on.
var anyTask = []string{"*"}

// resting are the states of a server that is there and at rest.
var resting = []string{"active", "stopped", "paused", "suspended"}

// serverActions are all actions by their names in a request.
func serverActions() map[string]serverAction {
	return map[string]serverAction{
		"os-start":   {rule: "servers:start", word: "start", hosted: true, from: []string{"stopped"}, do: become("start", "powering-on", "active", powerRunning)},
		"os-stop":    {rule: "servers:stop", word: "stop", hosted: true, from: []string{"active", "error"}, do: become("stop", "powering-off", "stopped", powerOff)},
		"pause":      {rule: "os-pause-server:pause", from: []string{"active"}, do: become("pause", "pausing", "paused", powerPaused)},
		"unpause":    {rule: "os-pause-server:unpause", from: []string{"paused"}, do: become("unpause", "unpausing", "active", powerRunning)},
		"suspend":    {rule: "os-suspend-server:suspend", from: []string{"active"}, do: become("suspend", "suspending", "suspended", powerOff)},
		"resume":     {rule: "os-suspend-server:resume", from: []string{"suspended"}, do: become("resume", "resuming", "active", powerRunning)},
		"reboot":     {rule: "servers:reboot", free: true, do: rebootServer},
		"rescue":     {rule: "os-rescue", from: []string{"active", "stopped", "error"}, do: rescueServer},
		"unrescue":   {rule: "os-unrescue", from: []string{"rescued"}, do: become("unrescue", "unrescuing", "active", powerRunning)},
		"lock":       {rule: "os-lock-server:lock", free: true, do: lockServer},
		"unlock":     {rule: "os-lock-server:unlock", free: true, do: unlockServer},
		"resize":     {rule: "servers:resize", free: true, do: resizeServer},
		"rebuild":    {rule: "servers:rebuild", free: true, do: rebuildServer},
		"shelve":     {rule: "os-shelve:shelve", from: resting, do: shelveServer},
		"unshelve":   {rule: "os-shelve:unshelve", from: []string{"shelved", "shelved_offloaded"}, do: unshelveServer},
		"restore":    {rule: "os-deferred-delete:restore", from: []string{"soft-delete"}, do: acceptOnly},
		"addFixedIp": {rule: "os-multinic:add", free: true, do: addFixedIP}, "removeFixedIp": {rule: "os-multinic:remove", free: true, do: removeFixedIP},
		"addFloatingIp": {rule: "os-floating-ips:add", free: true, do: addFloatingIP}, "removeFloatingIp": {rule: "os-floating-ips:remove", free: true, do: removeFloatingIP},
		"confirmResize": {rule: "servers:confirm_resize", from: []string{"resized"}, do: confirmResize}, "revertResize": {rule: "servers:revert_resize", from: []string{"resized"}, do: revertResize},
		"createImage": {rule: "servers:create_image", free: true, do: snapshotServer}, "createBackup": {rule: "os-create-backup", from: resting, do: backupServer},
		"changePassword": {rule: "os-admin-password", from: []string{"active"}, do: become("changePassword", "updating_password", "active", powerRunning)},
		"forceDelete":    {rule: "os-deferred-delete:force", free: true, do: forceDeleteServer}, "shelveOffload": {rule: "os-shelve:shelve_offload", from: []string{"shelved"}, do: offloadServer},
		"addSecurityGroup": {rule: "os-security-groups:add", free: true, do: joinSecurityGroup}, "removeSecurityGroup": {rule: "os-security-groups:remove", free: true, do: leaveSecurityGroup},
		"trigger_crash_dump":  {rule: "servers:trigger_crash_dump", hosted: true, from: []string{"active", "paused", "rescued", "resized", "error"}, do: acceptNoted("trigger_crash_dump")},
		"os-getConsoleOutput": {rule: "os-console-output", free: true, do: consoleOutput},
		"os-getVNCConsole":    {rule: "os-remote-consoles", free: true, do: noConsole}, "os-getSPICEConsole": {rule: "os-remote-consoles", free: true, do: noConsole},
		"os-getSerialConsole": {rule: "os-remote-consoles", free: true, do: noConsole}, "os-getRDPConsole": {rule: "os-remote-consoles", free: true, do: noConsole},
		"migrate": {rule: "os-migrate-server:migrate", from: []string{"active", "stopped"}, do: migrateServer}, "evacuate": {rule: "os-evacuate", free: true, do: evacuateServer},
		"os-migrateLive":    {rule: "os-migrate-server:migrate_live", from: []string{"active", "paused"}, do: liveMigrate},
		"os-resetState":     {rule: "os-admin-actions:reset_state", free: true, do: resetState},
		"injectNetworkInfo": {rule: "os-admin-actions:inject_network_info", free: true, do: acceptOnly},
	}
}

// actOnServer carries an action out, after the checks that all share.
func actOnServer(c *call) (*reply, error) {
	name, err := c.novaAction()
	if err != nil {
		return nil, err
	}
	a, known := serverActions()[name]
	if !known {
		return nil, refuse(http.StatusBadRequest, "There is no such action: %s", name)
	}
	s, err := c.oneServer(c.PathValue("id"))
	if err != nil {
		if name == "os-start" || name == "os-stop" {
			err = refuse(http.StatusNotFound, "Instance %s has no mapping to a cell.", c.PathValue("id"))
		}
		return nil, err
	}
	if err := c.permit("os_compute_api:" + a.rule); err != nil {
		return nil, err
	}
	if a.word == "" {
		a.word = name
	}
	if !a.free {
		if err := c.mayAct(s, a); err != nil {
			return nil, err
		}
	}
	return a.do(c, s, c.body.(map[string]any)[name])
}

// mayAct tells whether an action may begin: the server is not locked, in the
// right state, and nothing else is going on.
func (c *call) mayAct(s *server, a serverAction) error {
	if err := c.unlocked(s); err != nil {
		return err
	}
	st := s.state(c.now)
	busy := st.task
	if s.ending {
		busy = "deleting"
	}
	switch {
	case a.hosted && s.host == "":
		return refuse(http.StatusConflict, "Instance %s is not ready", s.id)
	case !slices.Contains(a.from, st.vm):
		return refuse(http.StatusConflict, "Cannot '%s' instance %s while it is in vm_state %s", a.word, s.id, st.vm)
	case busy != "" && !slices.Contains(a.busy, busy) && !slices.Contains(a.busy, "*"):
		return refuse(http.StatusConflict, "Cannot '%s' instance %s while it is in task_state %s", a.word, s.id, busy)
	case s.launched.IsZero():
		return refuse(http.StatusConflict, "Instance %s is in an invalid state for '%s'", s.id, a.word)
	}
	return nil
}

// unlocked refuses what a lock forbids; an administrator passes.
func (c *call) unlocked(s *server) error {
	if s.locked && !c.admin() {
		return refuse(http.StatusConflict, "Instance %s is locked", s.id)
	}
	return nil
}

// become is an action that only leads to another state.
func become(note, task, vm string, power int) func(*call, *server, any) (*reply, error) {
	return func(c *call, s *server, _ any) (*reply, error) {
		c.proceed(s, note, task, serverState{vm, "", power})
		return empty(http.StatusAccepted), nil
	}
}

// proceed lets a server go on to another state, and notes why. It returns when
// it will be there.
func (c *call) proceed(s *server, note, task string, end serverState) time.Time {
	d := c.cloud.takes(c.cloud.profile.Behaviour.Durations.ServerAction, s.id)
	now := s.state(c.now)
	now.task = task
	s.life = sim.Begin(c.now, now, d).Then(end)
	s.fault = nil
	s.note(c, note, c.now.Add(d))
	return c.now.Add(d)
}

func acceptOnly(*call, *server, any) (*reply, error) { return empty(http.StatusAccepted), nil }

func acceptNoted(note string) func(*call, *server, any) (*reply, error) {
	return func(c *call, s *server, _ any) (*reply, error) {
		s.note(c, note, c.now)
		return empty(http.StatusAccepted), nil
	}
}

// argument is what an action is called with; it may be null.
func argument(arg any) map[string]any {
	m, _ := arg.(map[string]any)
	return m
}

func rebootServer(c *call, s *server, arg any) (*reply, error) {
	a, task := serverAction{word: "reboot", from: []string{"active"}}, "rebooting"
	if strings.EqualFold(text(argument(arg)["type"]), "hard") {
		a.from, task = []string{"active", "stopped", "paused", "suspended", "error"}, "rebooting_hard"
		a.busy = []string{"rebooting", "reboot_pending", "reboot_started", "rebooting_hard", "resuming", "unpausing", "suspending"}
	}
	if err := c.mayAct(s, a); err != nil {
		return nil, err
	}
	c.proceed(s, "reboot", task, serverState{"active", "", powerRunning})
	return empty(http.StatusAccepted), nil
}

// lockServer locks in the name of the owner, or of an administrator who is of
// another project.
func lockServer(c *call, s *server, arg any) (*reply, error) {
	by := c.lockerOf(s)
	if s.locked && by == "owner" {
		return empty(http.StatusAccepted), nil
	}
	s.locked, s.lockedBy, s.lockReason = true, by, nil
	if c.version.since(2, 73) {
		s.lockReason = argument(arg)["locked_reason"]
	}
	s.note(c, "lock", c.now)
	return empty(http.StatusAccepted), nil
}

func (c *call) lockerOf(s *server) string {
	if s.project == c.project() {
		return "owner"
	}
	return "admin"
}

func unlockServer(c *call, s *server, _ any) (*reply, error) {
	if s.locked && s.lockedBy != c.lockerOf(s) {
		if err := c.permit("os_compute_api:os-lock-server:unlock:unlock_override"); err != nil {
			return nil, err
		}
	}
	s.locked, s.lockedBy, s.lockReason = false, "", nil
	s.note(c, "unlock", c.now)
	return empty(http.StatusAccepted), nil
}

func consoleOutput(c *call, s *server, arg any) (*reply, error) {
	if s.host == "" {
		return nil, refuse(http.StatusConflict, "Instance %s is not ready", s.id)
	}
	lines := []string{"FAKE CONSOLE OUTPUT", "ANOTHER", "LAST LINE"}
	if n, given := asInt(argument(arg)["length"]); given && n >= 0 && n < int64(len(lines)) {
		lines = lines[int64(len(lines))-n:]
	}
	return ok(map[string]any{"output": strings.Join(lines, "\n")}), nil
}

// noConsole: the cloud has no console proxy.
func noConsole(_ *call, _ *server, arg any) (*reply, error) {
	return nil, refuse(http.StatusBadRequest, "Unavailable console type %s.", pyStr(argument(arg)["type"]))
}

// resetState is how an administrator gets a server out of a dead end.
func resetState(c *call, s *server, arg any) (*reply, error) {
	st := s.state(c.now)
	st.vm, st.task = text(argument(arg)["state"]), ""
	s.life = sim.Steady(c.now, st)
	if st.vm == "active" {
		s.fault = nil
	}
	s.note(c, "resetState", c.now)
	return empty(http.StatusAccepted), nil
}

func forceDeleteServer(c *call, s *server, _ any) (*reply, error) {
	if err := c.unlocked(s); err != nil {
		return nil, err
	}
	c.endServer(s)
	return empty(http.StatusAccepted), nil
}
