// Which keywords of JSON Schema (2020-12) mean something here, and what is done about the others.

/// What a keyword is to the gateway.
enum SchemaKeyword {
    /// It is enforced.
    case enforced
    /// It narrows what a value may be, and is not enforced: a reply that breaks it passes.
    case unenforced
    /// It only describes.
    case describing
    /// Ignoring it would give another meaning to what is enforced. `hint` completes "… is not understood: ".
    case refused(hint: String)
    /// Not a word of JSON Schema or OpenAPI that is known here.
    case unknown

    init(_ word: String) {
        if Self.enforcedWords.contains(word) {
            self = .enforced
        } else if Self.unenforcedWords.contains(word) {
            self = .unenforced
        } else if Self.describingWords.contains(word) {
            self = .describing
        } else if let hint = Self.refusals[word] {
            self = .refused(hint: hint)
        } else {
            self = .unknown
        }
    }

    static let enforcedWords = [
        "$ref", "type", "anyOf", "oneOf", "allOf", "items", "properties", "required", "minimum", "additionalProperties",
        "x-from-path",
    ]

    private static let unenforcedWords: Set = [
        "const", "enum", "format", "pattern", "minLength", "maxLength", "maximum", "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf", "minItems", "maxItems", "uniqueItems", "contains", "minContains", "maxContains", "minProperties",
        "maxProperties", "propertyNames", "dependentRequired", "dependentSchemas", "if", "then", "else", "not",
        "unevaluatedItems", "contentEncoding", "contentMediaType", "contentSchema",
    ]

    private static let describingWords: Set = [
        "title", "description", "default", "example", "examples", "deprecated", "readOnly", "writeOnly", "externalDocs",
        "xml", "discriminator", "$comment", "$schema", "$defs",
    ]

    private static let refusals = [
        "nullable": #"it is of OpenAPI 3.0; write `type: [string, "null"]`, or `anyOf` with `type: "null"`"#,
        "patternProperties": "which members are passed on is said by `properties` and `additionalProperties` alone",
        "unevaluatedProperties": "which members are passed on is said by `properties` and `additionalProperties` alone",
        "prefixItems": "all items of a list have to be alike",
        "$dynamicRef": "only `$ref` is followed",
        "$id": "references are taken to begin at the document's root",
    ]
}
