package flags

import (
	"fmt"

	"github.com/agext/levenshtein"
)

// Suggest names the word nearest to what was written, as a clause to append to
// an error; nothing where none is near.
func Suggest(word string, known []string) string {
	best := nearest(word, known)
	if best == "" || distance(word, best) > 1+len(word)/3 {
		return ""
	}
	return fmt.Sprintf(" (did you mean %s?)", best)
}

// nearest returns the known word with the smallest edit distance to word, the
// alphabetically first of several.
func nearest(word string, known []string) (best string) {
	least := -1
	for _, k := range known {
		if d := distance(word, k); least < 0 || d < least || d == least && k < best {
			best, least = k, d
		}
	}
	return best
}

func distance(a, b string) int { return levenshtein.Distance(a, b, nil) }
