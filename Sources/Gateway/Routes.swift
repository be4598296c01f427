// Which route a path means. Paths are compared as raw bytes: nothing is decoded or normalised, so nothing can be read in
// two ways.

internal import Configuration
internal import Pipeline

/// A path that routes are looked up by, ready to be compared.
struct RoutePattern: Sendable {
    enum Match {
        case parameters([String: String])
        /// A parameter is not of its kind.
        case malformed(parameter: String, ParameterKind)
        case no
    }

    private enum Segment: Sendable {
        case literal([UInt8])
        case parameter(String, ParameterKind)
    }

    private let segments: [Segment]
    /// What tells one question to the route from another, as a rule; nil: it has no parameters.
    let lastParameter: String?

    init(_ route: RouteSettings) {
        segments = route.path.segments.map { segment in
            switch segment {
            case .literal(let text): .literal(Array(text.utf8))
            // Route paths have parameters only, each declared: checked with the configuration.
            case .parameter(let name), .member(_, let name): .parameter(name, route.parameters[name] ?? .token)
            }
        }
        lastParameter = segments.reduce(nil) { last, segment in
            if case .parameter(let name, _) = segment { name } else { last }
        }
    }

    func match(_ path: String) -> Match { path.withBytes(match) }

    private func match(_ path: UnsafeBufferPointer<UInt8>) -> Match {
        var rest = path[...]
        var parameters: [String: String] = [:]
        var malformed: (String, ParameterKind)?
        for segment in segments {
            guard rest.first == UInt8(ascii: "/") else { return .no }
            rest = rest.dropFirst()
            let end = rest.firstIndex(of: UInt8(ascii: "/")) ?? rest.endIndex
            let text = rest[..<end]
            rest = rest[end...]
            switch segment {
            case .literal(let literal):
                guard text.elementsEqual(literal) else { return .no }
            case .parameter(let name, let kind):
                if text.isEmpty { return .no }
                if kind.accepts(UnsafeBufferPointer(rebasing: text)) {
                    parameters[name] = String(decoding: text, as: UTF8.self)
                } else {
                    malformed = (name, kind)
                }
            }
        }
        guard rest.isEmpty else { return .no }
        if let malformed { return .malformed(parameter: malformed.0, malformed.1) }
        return .parameters(parameters)
    }
}

extension ParameterKind {
    /// Whether a path segment is of this kind. Values that pass need no percent-encoding.
    func accepts(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        switch self {
        case .uuid:
            guard text.count == 36 else { return false }
            for (place, byte) in text.enumerated() {
                let isDash = place == 8 || place == 13 || place == 18 || place == 23
                guard isDash ? byte == UInt8(ascii: "-") : Hex.isDigit(byte) else { return false }
            }
            return true
        case .token:
            return (1...64).contains(text.count) && text.allSatisfy(Self.isTokenByte)
        case .integer:
            return (1...18).contains(text.count) && text.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains)
        }
    }

    /// What a client reads when its parameter is of another form.
    var form: String {
        switch self {
        case .uuid: "8-4-4-4-12 hexadecimal digits"
        case .token: "1 to 64 of A-Z a-z 0-9 _ -"
        case .integer: "1 to 18 decimal digits"
        }
    }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}

/// The foot of the downstream stack: finds the route and asks it.
struct Routes: Service {
    let routes: [Route]

    func answer(_ request: Request) async throws(Failure) -> Response {
        for route in routes {
            switch route.pattern.match(request.path) {
            case .no:
                continue
            case .malformed(let parameter, let kind):
                begin(request, on: route)
                try allow(request.method)
                throw Failure(.malformedParameter, .downstream, "The \(parameter) must be \(kind.form)")
            case .parameters(let parameters):
                begin(request, on: route)
                request.record?.value.id = route.pattern.lastParameter.flatMap { parameters[$0] }
                request.record?.value.notFound = route.notFound
                try allow(request.method)
                return try await route.answer(request, parameters)
            }
        }
        throw Failure(.unknownRoute, .downstream, "no route has this path")
    }

    private func begin(_ request: Request, on route: Route) {
        request.record?.value.route = route.name
        request.record?.value.routePlace = route.place
    }

    private func allow(_ method: Request.Method) throws(Failure) {
        guard method == .get || method == .head else {
            throw Failure(.methodNotAllowed, .downstream, "the route answers GET and HEAD")
        }
    }
}
