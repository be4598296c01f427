// How an API key is written: `sf_live_v1_` or `sf_test_v1_`, then letters and digits that nobody can guess.

internal import Configuration

/// The form of API keys.
enum KeyFormat {
    /// What distinguishes an API key from a token.
    static let beginning = "sf_"
    /// Base 62: a double click selects the whole of it, and no place needs to escape it.
    static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)
    /// How many letters may follow the prefix.
    static let lengths = 16...128

    static func prefix(_ environment: AuthSettings.Environment) -> StaticString {
        switch environment {
        case .live: "sf_live_v1_"
        case .test: "sf_test_v1_"
        }
    }

    /// The environment that a well-formed key is for; nil: it is malformed.
    static func environment(of key: UnsafeBufferPointer<UInt8>) -> AuthSettings.Environment? {
        for environment in AuthSettings.Environment.allCases {
            let prefix = prefix(environment).buffer
            guard key.starts(with: prefix) else { continue }
            let rest = key[prefix.count...]
            return lengths.contains(rest.count) && rest.allSatisfy(isLetterOrDigit) ? environment : nil
        }
        return nil
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}

extension StaticString {
    fileprivate var buffer: UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: utf8Start, count: utf8CodeUnitCount)
    }
}
