// libcurl's multi handle at arm's length: the loop tells it of events, it tells the loop what it waits for.
//
// No function of libcurl may be called from inside a callback of the same multi handle, so callbacks only note things.

internal import CCurl
internal import Glibc

/// One multi handle with its connections. Used on its loop's thread only.
///
/// libcurl keeps a pointer to it, which is good until `close`.
final class MultiHandle {
    private let raw: UnsafeMutableRawPointer
    private let poller: UnsafePointer<Poller>
    private var sockets = Sockets()
    /// When libcurl wants to be called for its own timers.
    private(set) var timer: ContinuousClock.Instant?
    private(set) var transfers = 0
    private var isClosed = false
    private var mostConnections = 0
    /// The descriptor whose event is being dealt with, and the transfer that received something of it.
    private var dispatched: Int32 = -1
    private unowned(unsafe) var receiver: Transfer?

    /// - Parameters:
    ///   - poller: where its sockets are watched; outlives this object.
    ///   - connections: how many idle connections are kept at most.
    init(poller: UnsafePointer<Poller>, connections: Int) {
        guard let handle = curl_multi_init() else { preconditionFailure("libcurl has no memory for a multi handle.") }
        raw = handle
        self.poller = poller
        let context = Unmanaged.passUnretained(self).toOpaque()
        curl_multi_set_socket_function(raw, socketChanged)
        curl_multi_set_pointer(raw, CURLMOPT_SOCKETDATA, context)
        curl_multi_set_timer_function(raw, timerChanged)
        curl_multi_set_pointer(raw, CURLMOPT_TIMERDATA, context)
        keep(connections: connections)
    }

    /// How many idle connections are kept at most from now on.
    func keep(connections: Int) {
        mostConnections = connections
        curl_multi_set_long(raw, CURLMOPT_MAXCONNECTS, connections)
    }

    deinit { precondition(isClosed, "A multi handle must be closed on its loop's thread.") }

    /// Closes all connections. No transfer may be under way, and nothing may follow.
    func close() {
        curl_multi_cleanup(raw)
        isClosed = true
    }

    var connections: Int { sockets.connections }

    /// Prepares a handle for this multi handle: its sockets are known here from opening to closing.
    func adopt(_ easy: borrowing EasyHandle, openedConnection: curl_sockopt_callback, of owner: UnsafeMutableRawPointer)
    {
        curl_set_socket_option_function(easy.raw, openedConnection)
        curl_set_pointer(easy.raw, CURLOPT_SOCKOPTDATA, owner)
        // Idle connections outlive the easy handle that opened them, so closing is told to this object.
        curl_set_close_function(easy.raw, socketCloses)
        curl_set_pointer(easy.raw, CURLOPT_CLOSESOCKETDATA, Unmanaged.passUnretained(self).toOpaque())
    }

    func add(_ easy: borrowing EasyHandle) {
        let code = curl_multi_add_handle(raw, easy.raw)
        precondition(code == CURLM_OK, "libcurl refused a transfer with code \(code.rawValue).")
        transfers += 1
    }

    func remove(_ easy: borrowing EasyHandle) {
        let code = curl_multi_remove_handle(raw, easy.raw)
        precondition(code == CURLM_OK, "libcurl did not give a transfer back, code \(code.rawValue).")
        transfers -= 1
    }

    /// Passes an event of a socket on.
    func dispatch(_ token: Poller.Token, _ events: Poller.Events) {
        guard let action = sockets.action(on: token, events) else {
            if sockets.isUnasked(token, events) { spoil(token.descriptor) }
            return
        }
        var running: Int32 = 0
        (dispatched, receiver) = (token.descriptor, nil)
        curl_multi_socket_action(raw, token.descriptor, action, &running)
        dispatched = -1
        if sockets.isWanted(token) {
            poller.pointee.rearm(token)
            sockets.rearmed(token)
        } else if sockets.mayHaveLeftovers(token), spoil(token.descriptor) {
            receiver?.leftExcess()
        }
    }

    /// A transfer got bytes of what is being dealt with. It is good until it is told of its end, which is never within
    /// `dispatch`.
    func receives(_ transfer: Transfer) { receiver = transfer }

    /// Makes an idle connection unusable on which bytes came that belong to no reply: libcurl 7.88 takes a connection with
    /// input pending for a good one, and the next call would get that input for its reply (RFC 9112, section 9.2,
    /// says to close it). Shut down and emptied, it is dead in libcurl's eyes.
    /// - Returns: whether there were such bytes, and not just the connection's end.
    @discardableResult
    private func spoil(_ descriptor: Int32) -> Bool {
        var byte: UInt8 = 0
        // The event may be older than the end of the transfer that read what it told of.
        let count = recv(descriptor, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT))
        guard count >= 0 else { return false }
        shutdown(descriptor, Int32(SHUT_RDWR))
        // Nothing is added any more, so this ends; MSG_TRUNC throws away without copying.
        while recv(descriptor, nil, 1 << 20, Int32(MSG_TRUNC | MSG_DONTWAIT)) > 0 {}
        return count > 0
    }

    /// Runs libcurl's own timers if they are due: a transfer that was added starts here. Judged by the clock, not by when
    /// the pass began: what was added in this pass would else cost another wait in between.
    func runTimers() {
        guard let due = timer, due <= .now else { return }
        timer = nil
        var running: Int32 = 0
        curl_multi_socket_action(raw, curl_socket_t(-1), 0, &running)
    }

    /// The next transfer that ended, taken out of the multi handle: its context and libcurl's verdict.
    func nextFinished() -> (context: UnsafeMutableRawPointer, code: CURLcode)? {
        var left: Int32 = 0
        while let message = curl_multi_info_read(raw, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle else { continue }
            let code = message.pointee.data.result
            var context: UnsafeMutableRawPointer?
            curl_get_pointer(easy, CURLINFO_PRIVATE, &context)
            curl_multi_remove_handle(raw, easy)
            transfers -= 1
            if let context { return (context, code) }
        }
        return nil
    }

    func opened(_ descriptor: Int32, isQuietWhenIdle: Bool, in count: EndpointConnections) {
        sockets.opened(descriptor, isQuietWhenIdle: isQuietWhenIdle, in: count)
    }

    fileprivate func wants(_ what: Int32, of descriptor: Int32) {
        sockets.wants(what, of: descriptor, in: poller.pointee)
    }

    fileprivate func closes(_ descriptor: Int32) {
        // With more connections than are kept, libcurl closes the one that ended last as well as any other. Each transfer
        // counts once more, since it may have a connection that has no socket yet.
        if descriptor == dispatched, sockets.connections + transfers <= mostConnections { receiver?.connectionCloses() }
        sockets.closes(descriptor)
    }

    fileprivate func wantsTimer(in milliseconds: Int) {
        timer = milliseconds < 0 ? nil : .now + .milliseconds(milliseconds)
    }
}

// Each is called by libcurl within a call of the `MultiHandle` that set it, which is therefore alive.

private func socketChanged(
    _: UnsafeMutableRawPointer?, _ descriptor: curl_socket_t, _ what: Int32, _ context: UnsafeMutableRawPointer?,
    _: UnsafeMutableRawPointer?
) -> Int32 {
    multiHandle(context).wants(what, of: descriptor)
    return 0
}

private func timerChanged(
    _: UnsafeMutableRawPointer?, _ milliseconds: Int, _ context: UnsafeMutableRawPointer?
) -> Int32 {
    multiHandle(context).wantsTimer(in: milliseconds)
    return 0
}

private func socketCloses(_ context: UnsafeMutableRawPointer?, _ descriptor: curl_socket_t) -> Int32 {
    multiHandle(context).closes(descriptor)
    return Glibc.close(descriptor)
}

private func multiHandle(_ context: UnsafeMutableRawPointer?) -> MultiHandle {
    guard let context else { preconditionFailure("libcurl lost its context.") }
    return Unmanaged<MultiHandle>.fromOpaque(context).takeUnretainedValue()
}
