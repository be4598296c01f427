// The operator's address: the page, the JSON behind its figures, and what `AdminHandler` answers everywhere.

package import Pipeline
internal import Synchronization

/// What operators can ask for, as JSON. Each is made when it is asked for.
package struct OperatorDocuments: Sendable {
    /// What stands behind `/admin/` in a path, `overview.json` or `waterfalls/ID.json`: its bytes. Nil: there is none.
    package let document: @Sendable (String) async -> [UInt8]?
    /// What the page shows, on one line.
    package let state: @Sendable () async -> [UInt8]

    package init(
        document: @escaping @Sendable (String) async -> [UInt8]?, state: @escaping @Sendable () async -> [UInt8]
    ) {
        self.document = document
        self.state = state
    }
}

/// Answers operators. Everything but `/livez` and `/readyz` is for those that `OperatorAccess` lets in.
package final class OperatorHandler: RequestHandler {
    private let plain: AdminHandler
    private let documents: OperatorDocuments
    private let access: Mutex<OperatorAccess>
    private let events: EventStreams

    package init(_ plain: AdminHandler, documents: OperatorDocuments, access: OperatorAccess) {
        self.plain = plain
        self.documents = documents
        self.access = Mutex(access)
        events = EventStreams(document: documents.state)
    }

    /// Another configuration's rules hold from now on.
    package func exchange(_ access: OperatorAccess) {
        self.access.withLock { $0 = access }
    }

    /// Pages that are open, and follow what happens.
    package var openStreams: Int { events.count }

    /// Ends what would go on for ever.
    package func end() { events.end() }

    package func handle(_ request: Request, for recipient: any ResponseRecipient) -> any Exchange {
        guard request.refused == nil, request.path != "/livez", request.path != "/readyz" else {
            return plain.handle(request, for: recipient)
        }
        if let refusal = access.withLock({ $0.refusal(of: request) }) {
            return Answered.with(Self.response(refusal), to: request, recipient)
        }
        let isDocument = request.path.hasPrefix("/admin/")
        guard isDocument || request.path == "/" else { return plain.handle(request, for: recipient) }
        guard request.method == .get || request.method == .head else {
            return Answered.with(
                .json(405, #"{"error":"Method not allowed"}"#, Response.Field("Allow", "GET, HEAD")), to: request,
                recipient)
        }
        if !isDocument { return Answered.with(OperatorPage.response(), to: request, recipient) }
        if request.path == "/admin/events" { return follow(request, recipient) }
        return AnsweredLater(request, recipient) { [documents] in
            guard let bytes = await documents.document(String(request.path.dropFirst("/admin/".count))) else {
                return .json(404, #"{"error":"Not found"}"#)
            }
            return .json(200, bytes)
        }
    }

    private func follow(_ request: Request, _ recipient: any ResponseRecipient) -> any Exchange {
        if request.method == .head {
            return Answered.with(Response(status: 200, fields: EventStreams.fields), to: request, recipient)
        }
        if let stream = events.open(for: recipient) { return stream }
        return Answered.with(
            .json(503, #"{"error":"No more streams"}"#, Response.Field("Retry-After", "3")), to: request, recipient)
    }

    private static func response(_ refusal: OperatorAccess.Refusal) -> Response {
        switch refusal {
        case .unauthenticated:
            .json(
                401, #"{"error":"The operator's token is needed"}"#,
                // Basic lets a browser ask for it: any name, and the token as the password.
                Response.Field("WWW-Authenticate", #"Basic realm="gateway operators", charset="UTF-8""#))
        case .stranger:
            .json(403, #"{"error":"Without a token only this machine may ask"}"#)
        case .strangeHost:
            .json(421, #"{"error":"Ask for this address as localhost, or by its number"}"#)
        }
    }
}

/// An answer that is made by a task.
private final class AnsweredLater: Exchange {
    private let isCancelled = Atomic<Bool>(false)

    init(
        _ request: Request, _ recipient: any ResponseRecipient, _ answer: @escaping @Sendable () async -> Response
    ) {
        Task { [self] in
            let response = await answer()
            if isCancelled.load(ordering: .relaxed) { return recipient.release() }
            _ = Answered.with(response, to: request, recipient)
        }
    }

    func cancel() { isCancelled.store(true, ordering: .relaxed) }
}
