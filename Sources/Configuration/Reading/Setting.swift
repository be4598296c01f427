// What a section says about its keys while it is read. Suggestions, the JSON Schema and the test that the sample file
// is complete are all taken from it; there is no second list of keys.

/// One key of a section.
struct Setting {
    let key: String
    /// One or two sentences on what it does.
    let meaning: String
    let shape: Shape
    var isRequired = false
    /// What holds where the file is silent.
    var standard: WrittenJSON?
}

/// What a key's value consists of.
indirect enum Shape {
    /// JSON Schema keywords, and what completes "takes …".
    case scalar([(String, WrittenJSON)], expectation: String)
    case list(Shape, isEmptyAllowed: Bool)
    case section([Setting])
    /// Keys that the operator chooses.
    case map(Shape)
    /// A word, or a section that says more.
    case either(Shape, Shape)
}
