// Where a call goes: a path with its places filled by the request and by what other parts told.

internal import Configuration

/// A part's path, ready to be filled.
struct CallPath: Sendable {
    private enum Piece: Sendable {
        /// Slashes and literal segments.
        case text(String)
        case parameter(String)
        /// A captured member of another part.
        case capture(part: Int, index: Int)
    }

    enum Filled {
        /// The path, and what stands behind each of its literal segments, as it was before percent-encoding.
        case path(String, segments: [Expectation.Segment])
        /// A member it needs is null: there is nothing to call for.
        case null
        /// A member it needs cannot be a segment of a path.
        case impossible
    }

    private let pieces: [Piece]
    /// By piece: the literal segment right before it.
    private let segments: [String?]

    init(_ template: PathTemplate, of route: RouteSettings) {
        var pieces: [Piece] = []
        var segments: [String?] = []
        var text = ""
        var last: String?
        func flush() {
            guard !text.isEmpty else { return }
            pieces.append(.text(text))
            segments.append(nil)
            text = ""
        }
        func fill(_ piece: Piece) {
            text += "/"
            flush()
            pieces.append(piece)
            segments.append(last)
            last = nil
        }
        for segment in template.segments {
            switch segment {
            case .literal(let literal):
                text += "/" + literal
                last = literal
            case .parameter(let name):
                fill(.parameter(name))
            case .member(let part, let name):
                // Checked with the configuration: the part is there.
                let index = route.parts.firstIndex { $0.name == part } ?? 0
                let captures = PartReading.captures(of: route.parts[index], in: route)
                fill(.capture(part: index, index: captures.firstIndex(of: name) ?? 0))
            }
        }
        flush()
        self.pieces = pieces
        self.segments = segments
    }

    /// - Parameters:
    ///   - parameters: the route's, by name; of a form that needs no percent-encoding.
    ///   - captures: what other parts told.
    func fill(parameters: [String: String], captures: Progress) -> Filled {
        var path = ""
        path.reserveCapacity(96)
        var named: [Expectation.Segment] = []
        for (index, piece) in pieces.enumerated() {
            let value: String
            switch piece {
            case .text(let text):
                path += text
                continue
            case .parameter(let name):
                value = parameters[name] ?? ""
                path += value
            case .capture(let part, let place):
                guard let captured = captures.capture(place, of: part) else { return .null }
                guard let encoded = percentEncodedSegment(captured) else { return .impossible }
                value = captured
                path += encoded
            }
            if let segment = segments[index] { named.append(Expectation.Segment(segment, value)) }
        }
        return .path(path, segments: named)
    }
}
