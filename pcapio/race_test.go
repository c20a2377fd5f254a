//go:build race

package pcapio

// raceDetector is set where the race detector is on. It allocates itself, and makes a sync.Pool
// forget at random, so that memory cannot be counted.
const raceDetector = true
