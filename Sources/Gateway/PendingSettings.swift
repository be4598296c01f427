// Settings that this release reads and checks but does not act on yet. A gateway that ignored them silently would be
// trusted with what it does not do, so each start names those that are set.

/// The settings that have no effect yet.
package enum PendingSettings {
    /// Dotted names as the file has them, without indexes and names of upstreams.
    package static let names: Set<String> = []

    /// Those of `set` that have no effect, in the file's order; of a section only the section.
    /// - Parameter pending: as `names`, for tests.
    package static func among(_ set: [String], pending names: Set<String> = names) -> [String] {
        let pending = set.filter { name in
            let general = generalized(name)
            return names.contains { general == $0 || general.hasPrefix($0 + ".") }
        }
        return pending.filter { name in
            !pending.contains { name.hasPrefix($0 + ".") || name.hasPrefix($0 + "[") }
        }
    }

    /// `upstreams.crm.retries.attempts` is `upstreams.retries.attempts`, `server.listen[0].tls` is `server.listen.tls`.
    private static func generalized(_ name: String) -> String {
        var words = name.split(separator: ".").map { word in
            word.prefix { $0 != "[" }
        }
        if words.first == "upstreams", words.count > 1 { words.remove(at: 1) }
        return words.joined(separator: ".")
    }
}
