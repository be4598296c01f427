// How long the edge waits for clients around the end of a connection. Not for operators to set: the first is part of
// the contract, the others courtesies of TCP.

package struct ClosingTimes: Sendable {
    /// A client that has closed its side still gets an answer that is ready within this time.
    package var halfClosed = Duration.milliseconds(100)
    /// After the last answer the edge reads and drops what still comes, at most this long: closing at once would reset
    /// the connection, and the client's kernel might throw the answer away (RFC 9112, section 9.6).
    package var linger = Duration.seconds(1)
    /// When the gateway leaves, an idle connection is listened to so much longer: what its client sent before it could
    /// know is answered, not reset. A little above the time a packet takes between neighbours.
    package var lastRequest = Duration.milliseconds(100)

    /// When the time of a drain is over, requests that were given up have so much longer to say so to their clients.
    package var lastWord = Duration.milliseconds(500)

    /// A client agrees to HTTP/2's settings within this time, or does not speak it (RFC 9113, section 6.5.3).
    package var settings = Duration.seconds(10)

    package init() {}
}
