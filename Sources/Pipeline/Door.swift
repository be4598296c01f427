// Where the edge's threads and the fan-out loops' threads meet: requests go in, answers come out, a client may leave.

/// Takes requests from the edge.
package protocol RequestHandler: Sendable {
    /// Takes `request` and returns at once. `recipient` gets exactly one call: `receive`, or after a cancellation `release`.
    /// May be called from any thread.
    func handle(_ request: Request, for recipient: any ResponseRecipient) -> any Exchange
}

/// Who wants the response: the edge's side of one request.
package protocol ResponseRecipient: AnyObject, Sendable {
    /// May be called from any thread, once.
    func receive(_ response: Response)

    /// Instead of `receive`: an answer of which more comes as time goes by. Its head is sent at once.
    /// - Returns: nil: the client's protocol has no such answers here, and `receive` is due.
    func open(_ head: Response) -> (any OpenAnswer)?

    /// All work for a cancelled exchange is gone; its place is free. May be called from any thread, once.
    func release()
}

extension ResponseRecipient {
    package func open(_ head: Response) -> (any OpenAnswer)? { nil }
}

/// An answer that goes on until somebody ends it. All may be called from any thread, any number of times.
package protocol OpenAnswer: Sendable {
    /// Sends bytes behind those that were sent before. A client that has not taken those is left.
    func send(_ bytes: [UInt8])

    /// Ends the answer, and its connection.
    func end()
}

/// The gateway's side of one request in progress.
package protocol Exchange: Sendable {
    /// The client left: stop all work for it. No response will come, unless it is on its way already. May be called from
    /// any thread, any number of times, also after the response.
    func cancel()

    /// The gateway's time is over: stop all work. The response comes all the same, soon, and says so. May be called from
    /// any thread.
    func giveUp()
}

extension Exchange {
    /// For those that are quick anyway: no response.
    package func giveUp() { cancel() }
}
