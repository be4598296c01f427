// The file of keys that the configuration names: what it holds, and what to do when it is not there yet.

internal import Configuration
internal import Glibc
internal import Identity

/// Keys as they were read.
struct ServedKeys: Sendable {
    let keys: APIKeys
    /// Of the file, from before it was read: if it changed meanwhile it is another now.
    let state: FileState

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
