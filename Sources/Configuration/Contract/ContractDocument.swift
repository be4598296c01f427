// The contract as one document, OpenAPI 3.1: clients read it, tools read it, and the gateway compiles from it what
// replies are checked against and how answers are ordered.

/// What an OpenAPI document says of records and answers.
package struct ContractDocument: Sendable, Equatable {
    /// The records of `components.schemas` by name. What is no object there (a word, a list) is not among them.
    package let schemas: [String: Schema]
    /// By path as written (`/api/conversations/{id}`): the properties of the 200 of its GET, in their order.
    package let memberOrder: [String: [String]]

    /// Compiles a document.
    ///
    /// - Parameter file: how problems name it.
    /// - Throws: everything that is wrong with it, at once.
    package static func read(_ text: String, file: String) throws(ConfigurationProblems) -> ContractDocument {
        let yaml: YAMLText
        do {
            yaml = try YAMLText(text, file: file)
        } catch {
            throw ConfigurationProblems([error])
        }
        let nodes = ContractNodes(yaml, file: file)
        let document = nodes.checkVersion() ? compile(nodes) : nil
        guard let document, nodes.problems.isEmpty else { throw ConfigurationProblems(nodes.problems) }
        return document
    }

    /// The one the gateway is built with: `config/openapi.yaml`.
    package static let builtIn: ContractDocument = {
        do {
            return try read(BuiltInContract.text, file: "config/openapi.yaml")
        } catch {
            preconditionFailure("The built-in contract cannot be read:\n\(error)")
        }
    }()

    private static func compile(_ nodes: ContractNodes) -> ContractDocument {
        var compiler = SchemaCompiler(nodes)
        return ContractDocument(schemas: compiler.records(), memberOrder: MemberOrder(nodes).byPath())
    }
}

extension ContractNodes {
    /// Whether the document is of a version that says the same in the same words.
    fileprivate func checkVersion() -> Bool {
        guard let root, let entries = entries(of: root) else {
            report(.start, "a contract is an OpenAPI document: a mapping with `openapi`, `paths` and `components`")
            return false
        }
        guard let version = entries.first(where: { $0.key == "openapi" }) else {
            report(.start, "the contract lacks `openapi`, the version of OpenAPI it is written in")
            return false
        }
        guard let text = version.node.text, text.hasPrefix("3.1.") || text.hasPrefix("3.2.") else {
            report(version.place, "the contract has to be of OpenAPI 3.1, whose schemas are those of JSON Schema")
            return false
        }
        return true
    }
}
