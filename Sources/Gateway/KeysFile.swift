// The file of keys that the configuration names: what it holds, and what to do when it is not there yet.

internal import Configuration
internal import Glibc
internal import Identity

/// Keys as they were read.
struct ServedKeys: Sendable {
    let keys: APIKeys
    /// Of the file, from before it was read: if it changed meanwhile it is another now.
    let state: FileState
    private let begun = ContinuousClock.now

    /// Reads the file that `settings` name; without one there are no keys.
    /// - Throws: everything that is wrong with it; if there is no such file, with the command that makes one that works.
    init(_ settings: Settings) throws(CannotStart) {
        guard let file = settings.auth.apiKeysFile else {
            keys = APIKeys()
            state = .missing
            return
        }
        state = FileState(of: file)
        do {
            keys = try APIKeys.load(file)
        } catch {
            let isMissing = access(file, F_OK) != 0 && errno == ENOENT
            throw CannotStart(
                cause: .configuration,
                description: "\(error)" + (isMissing ? "\n" + Self.advice(settings, file) : ""))
        }
    }

    /// Whether what the file holds is told better here than by `other`. Of two that read it side by side, it is the one that began
    /// later: it saw nothing older, and if the file has changed since then the next look will tell.
    func isNewer(than other: ServedKeys) -> Bool { begun > other.begun }

    /// In the words of a shell; `TENANT` is for the operator to replace.
    private static func advice(_ settings: Settings, _ file: String) -> String {
        var scopes: [String] = []
        for scope in settings.routes.flatMap(\.scopes) where !scopes.contains(scope) { scopes.append(scope) }
        let environment = settings.auth.environment == .live ? "" : " --environment test"
        let quoted = "'" + file.replacing("'", with: "'\\''") + "'"
        return "`auth.apiKeys.file` names it. A first key for it:\n"
            + "  gateway keys create --tenant TENANT"
            + (scopes.isEmpty ? [" --scope SCOPE"] : scopes.map { " --scope \($0)" }).joined()
            + "\(environment) --file \(quoted)"
    }
}
