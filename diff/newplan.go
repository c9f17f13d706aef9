package diff

// NewPlan makes a plan of changes that no file of rows asks for, such as those
// that take a run back, so that the guards can judge it. Each change counts as
// a valid row.
func NewPlan(changes []Change, live int) *Plan {
	p := &Plan{Changes: changes, Rows: len(changes), Live: live}
	p.sort()
	p.tally()
	return p
}
