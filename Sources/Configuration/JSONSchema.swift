// The configuration's JSON Schema, for editors: written from what the sections declare while they are read.

package enum ConfigurationSchema {
    /// The schema of the whole file, in JSON Schema 2020-12, ending in a line break.
    package static func json() throws(ConfigurationProblems) -> String {
        let root = try describe()
        var members: [(String, WrittenJSON)] = [
            ("$schema", "https://json-schema.org/draft/2020-12/schema"),
            ("title", "The configuration of conversation-gateway"),
            ("$defs", .object([("environment", .object(environment))])),
        ]
        members += schema(of: .section(root))
        return WrittenJSON.object(members).written() + "\n"
    }

    /// The dotted names of all settings, sections included; `[]` stands for any item, `*` for any name.
    package static func names() throws(ConfigurationProblems) -> [String] {
        names(of: .section(try describe()), under: "")
    }

    /// A value may come from the environment whatever its type.
    private static let environment: [(String, WrittenJSON)] = [
        ("type", "string"), ("pattern", #"\$\{[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\}"#),
        ("description", "A value with ${NAME} or ${NAME:-default} from the environment."),
    ]

    /// Asks an absent file everything.
    private static func describe() throws(ConfigurationProblems) -> [Setting] {
        let yaml: YAMLText
        do {
            yaml = try YAMLText("", file: "")
        } catch {
            throw ConfigurationProblems([error])
        }
        let reading = Reading(
            yaml, file: "", folder: "/", environment: [:], libcurl: LibcurlVersion(major: 8, minor: 0, patch: 0))
        let section = Section(nil, name: "", place: .start, reading: reading)
        _ = section.wholeFile()
        return section.settings
    }

    private static func schema(of shape: Shape) -> [(String, WrittenJSON)] {
        switch shape {
        case .scalar(let keywords, _):
            // A text without a pattern holds placeholders anyway.
            if keywords.count == 1, case ("type", .text("string"))? = keywords.first { return keywords }
            return [("anyOf", .list([.object(keywords), .object([("$ref", "#/$defs/environment")])]))]
        case .list(let item, let isEmptyAllowed):
            let list: [(String, WrittenJSON)] = [("type", "array"), ("items", .object(schema(of: item)))]
            return isEmptyAllowed ? list : list + [("minItems", .whole(1))]
        case .map(let value):
            return [("type", "object"), ("additionalProperties", .object(schema(of: value)))]
        case .either(let one, let other):
            return [("anyOf", .list([.object(schema(of: one)), .object(schema(of: other))]))]
        case .section(let settings):
            let required = settings.filter(\.isRequired).map { WrittenJSON.text($0.key) }
            return [("type", "object"), ("additionalProperties", .flag(false))]
                + (required.isEmpty ? [] : [("required", .list(required))])
                + [("properties", .object(settings.map { ($0.key, property($0)) }))]
        }
    }

    private static func property(_ setting: Setting) -> WrittenJSON {
        var members: [(String, WrittenJSON)] = [("description", .text(description(of: setting)))]
        if let standard = setting.standard { members.append(("default", standard)) }
        return .object(members + schema(of: setting.shape))
    }

    private static func description(of setting: Setting) -> String {
        switch setting.shape {
        case .scalar(_, let expectation): "\(setting.meaning) Takes \(expectation)."
        case .list(.scalar(_, let expectation), _): "\(setting.meaning) Takes a list, each \(expectation)."
        case .map(.scalar(_, let expectation)): "\(setting.meaning) Each takes \(expectation)."
        default: setting.meaning
        }
    }

    private static func names(of shape: Shape, under name: String) -> [String] {
        switch shape {
        case .scalar: []
        case .list(let item, _): names(of: item, under: name + "[]")
        case .map(let value): names(of: value, under: name + ".*")
        case .either(let one, let other): names(of: one, under: name) + names(of: other, under: name)
        case .section(let settings):
            settings.flatMap { setting in
                let full = name.isEmpty ? setting.key : "\(name).\(setting.key)"
                return [full] + names(of: setting.shape, under: full)
            }
        }
    }
}
