// Which gateway this is.

/// The release, as upstreams see it in `User-Agent` and operators in `--version`.
package enum Version {
    package static let current = "0.1.0"
}
