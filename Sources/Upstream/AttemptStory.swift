// What is known of an attempt when it begins and wanted when it ends, for its judges and for the request's record.

internal import Pipeline

/// An attempt under way.
struct AttemptStory {
    let endpoint: Int
    let ticket: Int
    let lane: Int
    /// Nil: it is no request's.
    private let record: RequestRecord?
    private let attempt: RequestRecord.Attempt?

    /// Of a call that has its place and is begun now. The upstream is told that its span is `span`.
    init(of call: Call, span: UInt64) {
        (endpoint, ticket, lane) = (call.endpoint, call.ticket, call.asker.lane)
        record = call.asker.record?.value
        attempt = record.map { record in
            var attempt = RequestRecord.Attempt(of: call, arrived: record.arrived)
            attempt.endpoint = UInt8(clamping: call.endpoint)
            attempt.span = span
            attempt.circuit = call.ticket == 0 ? .closed : .probe
            attempt.begun = attempt.asked &+ call.queued
            return attempt
        }
    }

    /// Of what belongs to nobody's request.
    init(endpoint: Int) {
        self.endpoint = endpoint
        (ticket, lane, record, attempt) = (0, 0, nil, nil)
    }

    /// It has ended: the record gets to know.
    func end(_ transfer: Transfer, _ result: Result<Reply, Failure>) {
        guard let record, var attempt else { return }
        attempt.ended = RequestRecord.Attempt.offset(.now, since: record.arrived)
        attempt.wire = transfer.wire
        switch result {
        case .success(let reply): attempt.status = UInt16(clamping: reply.status)
        case .failure(let failure):
            attempt.status = UInt16(clamping: failure.receivedStatus ?? 0)
            attempt.failure = failure.kind
        }
        record.attempts.append(attempt)
    }
}
