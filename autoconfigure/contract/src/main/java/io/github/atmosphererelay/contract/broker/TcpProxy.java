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

package io.github.atmosphererelay.contract.broker;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

import org.jspecify.annotations.Nullable;

/**
 * A TCP proxy in front of a broker that simulates failures of the broker and the network.
 * Uses two threads for each connection. Safe for use by many threads.
 */
public final class TcpProxy implements AutoCloseable {

	private final InetSocketAddress target;

	private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();

	private final ReentrantLock lock = new ReentrantLock();

	private final Condition modeChanged = this.lock.newCondition();

	private final int port = Ports.free();

	private @Nullable ServerSocket server;

	private @Nullable Thread acceptor;

	private boolean stalled;

	private boolean closed;

	private Duration delay = Duration.ZERO;

	private TcpProxy(InetSocketAddress target) {
		this.target = target;
	}

	/**
	 * Start a proxy on a free port.
	 * @param targetHost the host to forward to
	 * @param targetPort the port to forward to; no server needs to listen there yet
	 * @return the proxy
	 */
	public static TcpProxy start(String targetHost, int targetPort) {
		TcpProxy proxy = new TcpProxy(new InetSocketAddress(targetHost, targetPort));
		proxy.listen();
		return proxy;
	}

	/**
	 * Return the host to connect to.
	 * @return the address of the loopback interface
	 */
	public String host() {
		return "127.0.0.1";
	}

	/**
	 * Return the port to connect to. It stays the same as long as the proxy exists.
	 * @return the port
	 */
	public int port() {
		return this.port;
	}

	/**
	 * Close all connections and refuse new ones, like a broker whose process was killed.
	 */
	public void cut() {
		Thread acceptor = stopListening();
		try {
			if (acceptor != null) {
				// The port is free only after the acceptor has left accept
				acceptor.join(2000);
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		this.sockets.forEach(TcpProxy::closeQuietly);
		this.sockets.clear();
	}

	/**
	 * Stop forwarding in both directions, but keep the connections and accept new ones,
	 * like a network that drops packets.
	 */
	public void stall() {
		setMode(true, Duration.ZERO);
	}

	/**
	 * Delay everything that is forwarded.
	 * @param delay the delay of each piece
	 */
	public void slow(Duration delay) {
		setMode(false, delay);
	}

	/**
	 * Work normally again. What was stalled is forwarded now, as by a network that
	 * recovers.
	 */
	public void resume() {
		setMode(false, Duration.ZERO);
		listen();
	}

	/**
	 * Return the number of connections from clients.
	 * @return the number of open connections
	 */
	public int connections() {
		return this.sockets.size() / 2;
	}

	@Override
	public void close() {
		this.lock.lock();
		try {
			this.closed = true;
			this.modeChanged.signalAll();
		}
		finally {
			this.lock.unlock();
		}
		cut();
	}

	private void setMode(boolean stalled, Duration delay) {
		this.lock.lock();
		try {
			this.stalled = stalled;
			this.delay = delay;
			this.modeChanged.signalAll();
		}
		finally {
			this.lock.unlock();
		}
	}

	private void listen() {
		this.lock.lock();
		try {
			if (this.server != null || this.closed) {
				return;
			}
			ServerSocket server = new ServerSocket();
			server.setReuseAddress(true);
			server.bind(new InetSocketAddress(InetAddress.getByName(host()), this.port));
			this.server = server;
			this.acceptor = startThread("accept", () -> accept(server));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		finally {
			this.lock.unlock();
		}
	}

	private @Nullable Thread stopListening() {
		this.lock.lock();
		try {
			closeQuietly(this.server);
			this.server = null;
			return this.acceptor;
		}
		finally {
			this.lock.unlock();
		}
	}

	private void accept(ServerSocket server) {
		while (!server.isClosed()) {
			Socket client = null;
			Socket broker = new Socket();
			try {
				client = server.accept();
				client.setTcpNoDelay(true);
				broker.connect(this.target, 1000);
				broker.setTcpNoDelay(true);
				connect(server, client, broker);
			}
			catch (IOException ex) {
				closeQuietly(client);
				closeQuietly(broker);
			}
		}
	}

	private void connect(ServerSocket server, Socket client, Socket broker) throws IOException {
		this.sockets.add(client);
		this.sockets.add(broker);
		if (server.isClosed()) {
			// cut() was called meanwhile, perhaps before these two were in the set
			disconnect(client, broker);
			return;
		}
		InputStream fromClient = client.getInputStream();
		OutputStream toClient = client.getOutputStream();
		InputStream fromBroker = broker.getInputStream();
		OutputStream toBroker = broker.getOutputStream();
		startThread("up", () -> pump(fromClient, toBroker, client, broker));
		startThread("down", () -> pump(fromBroker, toClient, client, broker));
	}

	private void pump(InputStream in, OutputStream out, Socket client, Socket broker) {
		byte[] buffer = new byte[16 * 1024];
		try {
			for (int length = in.read(buffer); length >= 0; length = in.read(buffer)) {
				awaitPassage();
				out.write(buffer, 0, length);
				out.flush();
			}
			// The end of a stream is a packet too, which a stalled network holds back
			awaitPassage();
		}
		catch (IOException ex) {
			// One side has closed the connection
		}
		finally {
			disconnect(client, broker);
		}
	}

	private void awaitPassage() throws IOException {
		this.lock.lock();
		try {
			long nanos = this.delay.toNanos();
			while (nanos > 0 && !this.closed && !this.stalled) {
				nanos = this.modeChanged.awaitNanos(nanos);
			}
			while (this.stalled && !this.closed) {
				this.modeChanged.await(1, TimeUnit.MINUTES);
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IOException(ex);
		}
		finally {
			this.lock.unlock();
		}
	}

	private void disconnect(Socket client, Socket broker) {
		closeQuietly(client);
		closeQuietly(broker);
		this.sockets.remove(client);
		this.sockets.remove(broker);
	}

	private Thread startThread(String name, Runnable task) {
		Thread thread = new Thread(task, "tcp-proxy-" + this.port + "-" + name);
		thread.setDaemon(true);
		thread.start();
		return thread;
	}

	private static void closeQuietly(@Nullable AutoCloseable closeable) {
		try {
			if (closeable != null) {
				closeable.close();
			}
		}
		catch (Exception ex) {
			// It is closed as far as it can be
		}
	}

}
