package flows

// jump is how far a packet's time may be ahead of all before it and count at once.
const jump = 3600 * second

// clock keeps input time: the largest packet time so far. A jump ahead of more than an hour counts
// only when a second packet confirms it, so that one damaged time does not end all flows.
type clock struct {
	now     int64
	began   bool
	pending int64 // the time that waits to be confirmed, valid iff waiting
	waiting bool
}

// tick takes a packet's time and returns input time with that packet counted.
func (c *clock) tick(time int64) int64 {
	switch {
	case !c.began:
		c.began, c.now = true, time
	case time <= c.now:
	case time-c.now <= jump:
		c.now, c.waiting = time, false
	case c.waiting && time-c.pending >= -jump && time-c.pending <= jump:
		c.now, c.waiting = max(time, c.pending), false
	default:
		c.waiting, c.pending = true, time
	}
	return c.now
}
