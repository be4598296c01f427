// What clients can ask for, and the calls each answer is made of.

package struct RouteSettings: Sendable, Equatable {
    package var name: String
    /// The client's path.
    package var path: PathTemplate
    /// Kinds of the path's parameters.
    package var parameters: [String: ParameterKind]
    /// A credential needs all of them.
    package var scopes: [String] = []
    package var deadline = Duration.seconds(3)
    /// At most, retries and hedges included.
    package var upstreamCalls: Int
    /// For how long an answer may be given again to equal requests, counted from its run's begin; nil: never.
    package var reuse: Duration?
    /// The sentence of a 404 for a record.
    package var notFound: String
    package var parts: [PartSettings]

    package init(
        name: String, path: PathTemplate, parameters: [String: ParameterKind], upstreamCalls: Int, notFound: String,
        parts: [PartSettings]
    ) {
        self.name = name
        self.path = path
        self.parameters = parameters
        self.upstreamCalls = upstreamCalls
        self.notFound = notFound
        self.parts = parts
    }
}

package enum ParameterKind: String, Sendable, CaseIterable {
    /// 8-4-4-4-12 hexadecimal digits of any case.
    case uuid
    /// 1 to 64 of `A-Z a-z 0-9 _ -`.
    case token
    /// 1 to 18 decimal digits.
    case integer
}

/// One piece of an answer, and the call that fetches it.
package struct PartSettings: Sendable, Equatable {
    /// Where its reply goes.
    package enum Destination: Sendable, Equatable {
        /// Its members become the answer's members.
        case root
        /// It becomes one member of the answer.
        case member(String)
    }

    package enum OnFailure: String, Sendable, CaseIterable {
        case fail, null
    }

    package enum OnNotFound: String, Sendable, CaseIterable {
        /// The record is gone: the member is null. A root's 404 is always the answer's.
        case null
        /// The whole answer is a 404.
        case fail
    }

    package var name: String
    package var upstream: String
    package var path: PathTemplate
    package var into: Destination
    /// The member of the reply that holds what is wanted.
    package var select: String?
    package var schema: SchemaReference?
    package var onNotFound = OnNotFound.fail
    package var onFailure = OnFailure.fail
    /// How old an earlier answer may be to replace one that failed.
    package var staleIfError: Duration?

    package init(name: String, upstream: String, path: PathTemplate, into: Destination) {
        self.name = name
        self.upstream = upstream
        self.path = path
        self.into = into
    }
}

/// `Contact`, or `[Message]` for a list of them.
package struct SchemaReference: Sendable, Equatable {
    package var name: String
    package var isList: Bool

    package init(name: String, isList: Bool) {
        self.name = name
        self.isList = isList
    }
}

/// A path with places to fill: `/contacts/{conversation.contactId}`.
package struct PathTemplate: Sendable, Equatable {
    /// What stands between two slashes; a place always fills a whole segment.
    package enum Segment: Sendable, Equatable {
        case literal(String)
        /// A parameter of the route.
        case parameter(String)
        /// A string member of another part's record.
        case member(part: String, name: String)
    }

    /// Without the leading slash of each.
    package var segments: [Segment]

    package init(segments: [Segment]) {
        self.segments = segments
    }
}

package struct ContractSettings: Sendable, Equatable {
    package enum Mode: String, Sendable, CaseIterable {
        /// A reply that breaks its schema is a failure.
        case enforce
        /// It is logged, and passed on.
        case warn
    }

    package var mode = Mode.enforce
    /// What the parts' schemas name.
    package var schemas: [String: Schema] = [:]
    /// The order of an answer's members by route path as written (`/api/conversations/{id}`), from the document's
    /// 200 responses.
    package var memberOrder: [String: [String]] = [:]

    package init() {}
}

package struct TelemetrySettings: Sendable, Equatable {
    package enum AccessLog: Sendable, Equatable {
        case stdout
        case off
        /// An absolute path.
        case file(String)
    }

    /// Everything else that is logged, on stderr.
    package struct Log: Sendable, Equatable {
        package enum Level: String, Sendable, CaseIterable {
            case trace, debug, info, notice, warning, error, critical
        }

        package enum Format: String, Sendable, CaseIterable {
            case text, json
        }

        /// What is less important is left out.
        package var level = Level.info
        package var format = Format.text

        package init() {}
    }

    package var accessLog = AccessLog.stdout
    package var log = Log()
    /// The share of traces that is recorded.
    package var traceSample = 0.05
    /// From which share of its route's deadline on a request is recorded for being slow.
    package var traceSlow = 0.5
    /// Where traces are sent by OTLP over HTTP: an address to which `/v1/traces` is appended, if it does not end so.
    package var otlp: String?
    /// PEM: the authorities that are trusted where `otlp` is an https URL; nil: the system's.
    package var otlpCA: String?
    /// Sent along.
    package var otlpHeaders: [UpstreamSettings.Header] = []

    package init() {}
}
