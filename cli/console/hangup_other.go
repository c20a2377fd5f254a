//go:build !unix

package console

// reopenBySignal does nothing: there is no SIGHUP.
func (c *Console) reopenBySignal(*File) (stop func()) { return func() {} }
