//go:build !race

package pcapio

// raceDetector is set where the race detector is on.
const raceDetector = false
