// Keys and records that several suites use.

import Configuration
import Pipeline

@testable import Identity

/// 2026-03-01T12:00:00Z.
let noon = Duration.seconds(1_772_366_400)

let liveKey = "sf_live_v1_" + String(repeating: "a", count: 43)
let testKey = "sf_test_v1_" + String(repeating: "a", count: 43)

func digest(_ key: String) -> KeyDigest {
    var key = key
    return key.withUTF8 { KeyDigest(of: $0) }
}

/// An item of the list `keys`.
func item(_ key: String, id: String = "k1", more: String = "") -> String {
    "- { id: \(id), sha256: \(digest(key).hex), tenantId: t1, scopes: [a, b]\(more.isEmpty ? "" : ", " + more) }\n"
}

func keys(_ items: String...) throws(ConfigurationProblems) -> APIKeys {
    try APIKeys.read("keys:\n" + items.joined(), file: "keys.yaml")
}

/// The failure that `body` throws; nil: none.
func failure(of body: () throws(Failure) -> Principal?) -> Failure? {
    do {
        _ = try body()
        return nil
    } catch {
        return error
    }
}

func problems(_ text: String) -> [String] {
    do {
        _ = try APIKeys.read(text, file: "keys.yaml")
        return []
    } catch {
        return error.problems.map(\.description)
    }
}
