/*
 * Copyright 2026-present the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

package io.github.atmosphererelay.transport.tomcat.internal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.time.Duration;

import org.apache.tomcat.util.net.NioChannel;
import org.apache.tomcat.util.net.NioEndpoint.NioSocketWrapper;
import org.apache.tomcat.util.net.SecureNioChannel;
import org.apache.tomcat.util.net.SocketEvent;
import org.apache.tomcat.util.net.SocketWrapperBase;
import org.jspecify.annotations.Nullable;

/**
 * A socket of Tomcat's, with what a connection needs of it. Reading is for the thread
 * that Tomcat has called with the socket; everything else may be called by any thread.
 * Nothing blocks but {@link #flushAnswer()}.
 */
final class TomcatSocket {

	private final SocketWrapperBase<?> wrapper;

	TomcatSocket(SocketWrapperBase<?> wrapper) {
		this.wrapper = wrapper;
	}

	/**
	 * Return the channel that the socket is. It is written to instead of Tomcat's
	 * wrapper, whose own channel goes back to a pool when the connection ends, and might
	 * then belong to another client already.
	 * @return the channel, or {@code null} if there is TLS or another kind of socket
	 */
	@Nullable WritableByteChannel channel() {
		return (this.wrapper.getSocket() instanceof NioChannel channel && !(channel instanceof SecureNioChannel))
				? channel.getIOChannel() : null;
	}

	/**
	 * Send the answer to the handshake.
	 */
	void flushAnswer() throws IOException {
		this.wrapper.flush(true);
	}

	/**
	 * Read what there is.
	 * @return how many bytes, or -1 if the client has closed the connection
	 */
	int read(ByteBuffer buffer) throws IOException {
		return this.wrapper.read(false, buffer);
	}

	/**
	 * Have Tomcat call again to read: it may have read more than there was room for, of
	 * which its poller knows nothing.
	 */
	void readAgain() {
		this.wrapper.processSocket(SocketEvent.OPEN_READ, true);
	}

	/**
	 * Have Tomcat call when the socket can be written.
	 */
	void awaitWritable() {
		this.wrapper.registerWriteInterest();
	}

	/**
	 * Have Tomcat end the connection if nothing comes for some time from now on.
	 */
	void endAfter(Duration silence) {
		if (this.wrapper instanceof NioSocketWrapper nio) {
			// From which Tomcat reckons
			nio.updateLastRead();
		}
		this.wrapper.setReadTimeout(silence.toMillis());
	}

	/**
	 * Have Tomcat close the socket itself, so that nobody is using it then.
	 */
	void disconnect() {
		this.wrapper.processSocket(SocketEvent.DISCONNECT, true);
	}

	boolean isClosed() {
		return this.wrapper.isClosed();
	}

}
