// What a loop knows of each of its connections, whatever protocol it speaks.

/// Used on its loop only.
protocol OpenConnection: AnyObject {
    /// Ends at once; requests in progress are cancelled.
    func close()
    /// Finishes what is in progress, then ends. Is asked once, while nothing new is accepted.
    func drain()
}
