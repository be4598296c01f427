// `${NAME}` and `${NAME:-default}`: how the environment gets into a value.

/// Fills in the environment's variables.
struct Placeholders {
    let environment: [String: String]

    enum Mistake: Error, Equatable {
        /// Neither set nor given a default.
        case unset(String)
        /// `${` that does not go on as `NAME}` or `NAME:-default}`.
        case malformed
    }

    /// `text` with every placeholder replaced. As in a shell, a default also stands in for an empty variable; `$${` is
    /// a plain `${`.
    func filled(_ text: String) throws(Mistake) -> String {
        var result = ""
        var rest = text[...]
        while let dollar = rest.firstIndex(of: "$") {
            result += rest[..<dollar]
            rest = rest[dollar...]
            if rest.hasPrefix("$${") {
                result += "${"
                rest = rest.dropFirst(3)
            } else if rest.hasPrefix("${") {
                guard let end = rest.firstIndex(of: "}") else { throw .malformed }
                result += try value(of: rest[..<end].dropFirst(2))
                rest = rest[end...].dropFirst()
            } else {
                result += "$"
                rest = rest.dropFirst()
            }
        }
        return result + rest
    }

    private func value(of inner: Substring) throws(Mistake) -> String {
        let name = inner.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
        let after = inner[name.endIndex...]
        guard let first = name.first, !first.isNumber else { throw .malformed }

        if after.isEmpty {
            guard let value = environment[String(name)] else { throw .unset(String(name)) }
            return value
        }
        guard after.hasPrefix(":-") else { throw .malformed }
        if let value = environment[String(name)], !value.isEmpty { return value }
        return String(after.dropFirst(2))
    }
}
