//go:build unix

package console

import (
	"os"
	"os/signal"
	"syscall"
)

// reopenBySignal opens the file again at each SIGHUP, where the console is for a live capture, until stop is called.
func (c *Console) reopenBySignal(f *File) (stop func()) {
	if !c.Live || f.own == nil {
		return func() {}
	}
	hangups, quit := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(hangups, syscall.SIGHUP)
	gone := make(chan struct{})
	go func() {
		defer c.ExitOnPanic()
		defer close(gone)
		for {
			select {
			case <-hangups:
				if err := f.Reopen(); err != nil {
					c.Warn("%s", err)
				}
			case <-quit:
				return
			}
		}
	}()
	return func() {
		signal.Stop(hangups)
		close(quit)
		<-gone
	}
}
