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
 * A socket of Tomcat, reduced to what a connection needs. Only the thread that Tomcat has
 * called with the socket may read; all other methods may be called by any thread. Only
 * {@link #flushAnswer()} blocks.
 */
final class TomcatSocket {

	private final SocketWrapperBase<?> wrapper;

	TomcatSocket(SocketWrapperBase<?> wrapper) {
		this.wrapper = wrapper;
	}

	/**
	 * Return the socket's channel. It is written to directly instead of through Tomcat's
	 * wrapper: the wrapper's own channel returns to a pool when the connection ends, and
	 * might then already belong to another client.
	 * @return the channel, or {@code null} if the socket has TLS or is of another type
	 */
	@Nullable WritableByteChannel channel() {
		return (this.wrapper.getSocket() instanceof NioChannel channel && !(channel instanceof SecureNioChannel))
				? channel.getIOChannel() : null;
	}

	/**
	 * Send the answer to the handshake. Blocks.
	 */
	void flushAnswer() throws IOException {
		this.wrapper.flush(true);
	}

	/**
	 * Read the bytes that have arrived.
	 * @return the number of bytes, or -1 if the client has closed the connection
	 */
	int read(ByteBuffer buffer) throws IOException {
		return this.wrapper.read(false, buffer);
	}

	/**
	 * Make Tomcat call again to read. Tomcat may have buffered more bytes than fitted,
	 * which its poller does not know.
	 */
	void readAgain() {
		this.wrapper.processSocket(SocketEvent.OPEN_READ, true);
	}

	/**
	 * Make Tomcat call when the socket is writable.
	 */
	void awaitWritable() {
		this.wrapper.registerWriteInterest();
	}

	/**
	 * Make Tomcat end the connection if nothing arrives for some time.
	 */
	void endAfter(Duration silence) {
		if (this.wrapper instanceof NioSocketWrapper nio) {
			// Tomcat measures the time from the last read
			nio.updateLastRead();
		}
		this.wrapper.setReadTimeout(silence.toMillis());
	}

	/**
	 * Make Tomcat close the socket on its own thread, when no other thread uses it.
	 */
	void disconnect() {
		this.wrapper.processSocket(SocketEvent.DISCONNECT, true);
	}

	boolean isClosed() {
		return this.wrapper.isClosed();
	}

}
