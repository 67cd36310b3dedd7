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
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link TcpProxy}: a test kit that does not fail as it says proves nothing.
 */
class TcpProxyTests {

	private ServerSocket echo;

	private TcpProxy proxy;

	@BeforeEach
	void start() throws IOException {
		this.echo = new ServerSocket(0);
		Thread thread = new Thread(this::serve);
		thread.setDaemon(true);
		thread.start();
		this.proxy = TcpProxy.start("127.0.0.1", this.echo.getLocalPort());
	}

	@AfterEach
	void stop() throws IOException {
		this.proxy.close();
		this.echo.close();
	}

	@Test
	void forwardsBothWays() throws IOException {
		try (Socket socket = connect()) {
			assertThat(echo(socket, 42)).isEqualTo(42);
		}
	}

	@Test
	void cutClosesConnectionsAndRefusesNewOnesUntilResumed() throws IOException {
		try (Socket socket = connect()) {
			assertThat(echo(socket, 1)).isEqualTo(1);
			this.proxy.cut();
			assertThat(readOrEnd(socket)).isEqualTo(-1);
			assertThatExceptionOfType(IOException.class).isThrownBy(this::connect);
		}
		this.proxy.resume();
		try (Socket socket = connect()) {
			assertThat(echo(socket, 2)).isEqualTo(2);
		}
	}

	@Test
	void stallKeepsConnectionsAndForwardsLate() throws IOException {
		try (Socket socket = connect()) {
			assertThat(echo(socket, 1)).isEqualTo(1);
			this.proxy.stall();
			socket.setSoTimeout(200);
			socket.getOutputStream().write(2);
			assertThatExceptionOfType(SocketTimeoutException.class).isThrownBy(() -> socket.getInputStream().read());
			try (Socket other = connect()) {
				other.setSoTimeout(200);
				assertThatExceptionOfType(SocketTimeoutException.class).isThrownBy(() -> echo(other, 3));
			}
			this.proxy.resume();
			socket.setSoTimeout(5000);
			assertThat(socket.getInputStream().read()).isEqualTo(2);
		}
	}

	@Test
	void slowHoldsBack() throws IOException {
		try (Socket socket = connect()) {
			this.proxy.slow(Duration.ofMillis(100));
			long start = System.nanoTime();
			assertThat(echo(socket, 1)).isEqualTo(1);
			assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(Duration.ofMillis(200));
		}
	}

	private Socket connect() throws IOException {
		Socket socket = new Socket(this.proxy.host(), this.proxy.port());
		socket.setSoTimeout(5000);
		return socket;
	}

	private static int echo(Socket socket, int value) throws IOException {
		socket.getOutputStream().write(value);
		return socket.getInputStream().read();
	}

	private static int readOrEnd(Socket socket) throws IOException {
		try {
			return socket.getInputStream().read();
		}
		catch (SocketException ex) {
			return -1;
		}
	}

	private void serve() {
		while (!this.echo.isClosed()) {
			try {
				Socket socket = this.echo.accept();
				Thread thread = new Thread(() -> {
					try (socket) {
						socket.getInputStream().transferTo(socket.getOutputStream());
					}
					catch (IOException ex) {
						// The test has ended
					}
				});
				thread.setDaemon(true);
				thread.start();
			}
			catch (IOException ex) {
				return;
			}
		}
	}

}
