package sim

import (
	"slices"
	"time"
)

// A Life is the course of an object's state, known in advance: some states
// that last for a while, and one that lasts until something happens. S is
// whatever a service calls a state: a word, or a struct of several.
//
//	v.life = sim.Begin(now, "creating", 50*time.Millisecond).Then("available")
//	v.life.At(later) // available
//
// What happens later begins a new life: a deletion is
//
//	v.life = sim.Begin(now, "deleting", d).Then("deleted")
type Life[S any] struct {
	steps []step[S]
}

type step[S any] struct {
	from  time.Time
	state S
}

// Steady is a life with one state.
func Steady[S any](since time.Time, state S) Life[S] {
	return Life[S]{steps: []step[S]{{since, state}}}
}

// Begin starts a life whose first state lasts that long. A following Then
// tells what comes next.
func Begin[S any](now time.Time, state S, lasts time.Duration) Growing[S] {
	return Growing[S]{Steady(now, state), now.Add(lasts)}
}

// Growing is a life of which the last state is not said yet.
type Growing[S any] struct {
	life Life[S]
	end  time.Time
}

// For adds a state that lasts that long.
func (g Growing[S]) For(state S, lasts time.Duration) Growing[S] {
	return Growing[S]{g.Then(state), g.end.Add(lasts)}
}

// Then adds the state that stays.
func (g Growing[S]) Then(state S) Life[S] {
	return Life[S]{append(slices.Clone(g.life.steps), step[S]{g.end, state})}
}

// Later adds what comes at a moment, or once everything else has come.
func (l Life[S]) Later(moment time.Time, state S) Life[S] {
	if end := l.End(); end.After(moment) {
		moment = end
	}
	return Life[S]{append(slices.Clone(l.steps), step[S]{moment, state})}
}

// At returns the state at a moment; before the life began, its first one.
func (l Life[S]) At(now time.Time) S {
	state, _ := l.at(now)
	return state
}

// Since returns when the state at that moment began: what an API calls
// updated_at or launched_at.
func (l Life[S]) Since(now time.Time) time.Time {
	_, from := l.at(now)
	return from
}

// End returns when the last state begins.
func (l Life[S]) End() time.Time {
	if len(l.steps) == 0 {
		return time.Time{}
	}
	return l.steps[len(l.steps)-1].from
}

// Last returns the last state.
func (l Life[S]) Last() (state S) {
	if len(l.steps) > 0 {
		state = l.steps[len(l.steps)-1].state
	}
	return state
}

func (l Life[S]) at(now time.Time) (state S, from time.Time) {
	for k, s := range l.steps {
		if k > 0 && s.from.After(now) {
			break
		}
		state, from = s.state, s.from
	}
	return state, from
}
