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

package io.github.atmosphererelay.transport.http.internal;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;

import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.WriteListener;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import org.springframework.mock.web.MockAsyncContext;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.MockHttpServletResponse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * The output against a container that fails each use that the servlet specification does
 * not allow. The real containers are tested with the doors.
 */
class ResponseOutputTests {

	private final Container container = new Container();

	private final AtomicInteger ended = new AtomicInteger();

	private final AtomicInteger flushed = new AtomicInteger();

	private ResponseOutput output;

	@BeforeEach
	void start() throws IOException {
		this.output = ResponseOutput.start(this.container.request, this.container.response, ResponseBreaker.NONE,
				this.ended::incrementAndGet);
	}

	private static byte[] bytes(String text) {
		return text.getBytes(StandardCharsets.UTF_8);
	}

	@Test
	void nothingIsWrittenBeforeTheContainerCalls() throws IOException {
		this.output.begin(bytes("begin "));
		this.output.write(bytes("one "));
		assertThat(this.output.flush(this.flushed::incrementAndGet)).isFalse();
		assertThat(this.container.written()).isEmpty();
		this.container.call();
		assertThat(this.container.written()).isEqualTo("begin one ");
		assertThat(this.container.flushes).isEqualTo(1);
		assertThat(this.flushed).hasValue(1);
	}

	@Test
	void writingOnlyBuffers() throws IOException {
		this.container.call();
		this.output.write(bytes("one "));
		assertThat(this.container.written()).isEmpty();
		assertThat(this.output.flush(this.flushed::incrementAndGet)).isTrue();
		assertThat(this.container.written()).isEqualTo("one ");
		assertThat(this.flushed).hasValue(0);
	}

	@Test
	void whatTheConnectionDoesNotTakeFollowsWhenTheContainerCalls() throws IOException {
		this.container.call();
		this.container.room = 20 * 1024;
		String text = "x".repeat(100_000);
		this.output.write(bytes(text));
		assertThat(this.output.flush(this.flushed::incrementAndGet)).isFalse();
		int calls = 0;
		while (this.flushed.get() == 0) {
			this.container.room = 20 * 1024;
			this.container.call();
			calls++;
		}
		assertThat(calls).isBetween(2, 8);
		assertThat(this.container.written()).isEqualTo(text);
		this.container.room = Integer.MAX_VALUE;
		this.container.call();
		assertThat(this.flushed).hasValue(1);
	}

	@Test
	void itEndsAfterWhatWasWritten() throws IOException {
		this.container.call();
		this.container.room = 0;
		this.output.write(bytes("one "));
		assertThat(this.output.flush(this.flushed::incrementAndGet)).isFalse();
		assertThat(this.output.close(bytes("end"))).isFalse();
		assertThat(this.container.completed).isZero();
		assertThat(this.ended).hasValue(0);
		this.container.room = Integer.MAX_VALUE;
		this.container.call();
		assertThat(this.container.written()).isEqualTo("one end");
		assertThat(this.container.completed).isEqualTo(1);
		assertThat(this.ended).hasValue(1);
		assertThatExceptionOfType(IOException.class).isThrownBy(() -> this.output.write(bytes("late")));
		assertThatExceptionOfType(IOException.class).isThrownBy(() -> this.output.flush(this.flushed::incrementAndGet));
		assertThat(this.container.written()).isEqualTo("one end");
	}

	/**
	 * A ping comes due while another thread ends the session.
	 */
	@Test
	void aFlushWhileItEndsDoesNotKeepItFromEnding() throws IOException {
		this.container.call();
		this.container.room = 0;
		this.output.write(bytes("one "));
		assertThat(this.output.flush(this.flushed::incrementAndGet)).isFalse();
		assertThat(this.output.close(bytes("end"))).isFalse();
		this.output.write(bytes("ping"));
		assertThat(this.output.flush(this.flushed::incrementAndGet)).isTrue();
		this.container.room = Integer.MAX_VALUE;
		this.container.call();
		assertThat(this.container.written()).isEqualTo("one end");
		assertThat(this.container.completed).isEqualTo(1);
	}

	/**
	 * Filters of the application may set headers until the thread of the request returns.
	 */
	@Test
	void headersAreSetWhenTheThreadOfTheRequestHasReturned() {
		AtomicInteger heads = new AtomicInteger();
		this.output.answer((response) -> heads.incrementAndGet(), bytes("body"));
		assertThat(heads).hasValue(0);
		this.container.call();
		assertThat(heads).hasValue(1);
		assertThat(this.container.written()).isEqualTo("body");
		assertThat(this.container.completed).isEqualTo(1);
	}

	@Test
	void itMayEndBeforeTheContainerCalls() {
		this.output.begin(bytes("begin "));
		assertThat(this.output.close(bytes("end"))).isFalse();
		this.container.call();
		assertThat(this.container.written()).isEqualTo("begin end");
		assertThat(this.container.completed).isEqualTo(1);
	}

	@Test
	void afterAnErrorOfTheContainerNothingIsUsedAnyMore() throws IOException {
		this.container.call();
		this.output.write(bytes("one "));
		this.container.error();
		assertThat(this.container.completed).isEqualTo(1);
		assertThat(this.ended).hasValue(1);
		this.container.recycled = true;
		assertThatExceptionOfType(IOException.class).isThrownBy(() -> this.output.flush(this.flushed::incrementAndGet));
		assertThat(this.output.close(bytes("end"))).isTrue();
		this.output.breakOff();
		this.output.onWritePossible();
		assertThat(this.container.completed).isEqualTo(1);
		assertThat(this.ended).hasValue(1);
	}

	@Test
	void aFailedWriteEndsIt() {
		this.container.call();
		this.container.broken = true;
		assertThatExceptionOfType(IOException.class).isThrownBy(() -> {
			this.output.write(bytes("one "));
			this.output.flush(this.flushed::incrementAndGet);
		});
		assertThat(this.ended).hasValue(1);
		assertThat(this.container.completed).isEqualTo(1);
		this.container.recycled = true;
		this.output.breakOff();
		assertThat(this.output.close(bytes("end"))).isTrue();
	}

	@Test
	void itIsBrokenOffWhileItsClientDoesNotRead() throws IOException {
		this.container.call();
		this.container.room = 0;
		this.output.write(bytes("one "));
		this.output.flush(this.flushed::incrementAndGet);
		assertThat(this.output.closeNow(bytes("end"))).isFalse();
		this.output.breakOff();
		assertThat(this.container.completed).isEqualTo(1);
		assertThat(this.ended).hasValue(1);
		assertThat(this.flushed).hasValue(0);
	}

	@Test
	void aBreakerReplacesTheCompletion() throws IOException {
		AtomicInteger broken = new AtomicInteger();
		Container other = new Container();
		ResponseOutput output = ResponseOutput.start(other.request, other.response,
				(request) -> broken::incrementAndGet, this.ended::incrementAndGet);
		other.call();
		output.breakOff();
		assertThat(broken).hasValue(1);
		assertThat(other.completed).isZero();
		assertThat(this.ended).hasValue(1);
		// The container then reports an error, on a thread of its own
		other.error();
		assertThat(other.completed).isEqualTo(1);
		assertThat(this.ended).hasValue(1);
	}

	@Test
	void itEndsAtOnceIfNothingWaits() {
		this.container.call();
		assertThat(this.output.closeNow(bytes("end"))).isTrue();
		assertThat(this.container.written()).isEqualTo("end");
		assertThat(this.container.completed).isEqualTo(1);
	}

	/**
	 * A container that allows nothing that the specification does not.
	 */
	private static final class Container extends ServletOutputStream {

		private final ByteArrayOutputStream written = new ByteArrayOutputStream();

		private final MockHttpServletRequest request = new MockHttpServletRequest() {

			@Override
			public MockAsyncContext startAsync(ServletRequest request, @Nullable ServletResponse response) {
				Container.this.context = new Context(request, response);
				return Container.this.context;
			}

		};

		private final MockHttpServletResponse response = new MockHttpServletResponse() {

			@Override
			public ServletOutputStream getOutputStream() {
				return Container.this;
			}

		};

		private @Nullable Context context;

		private @Nullable WriteListener listener;

		private int room = Integer.MAX_VALUE;

		private boolean called;

		private boolean ready;

		private boolean waiting;

		private boolean broken;

		private boolean recycled;

		private int flushes;

		private int completed;

		String written() {
			return this.written.toString(StandardCharsets.UTF_8);
		}

		void call() {
			this.called = true;
			this.waiting = false;
			if (this.listener != null) {
				try {
					this.listener.onWritePossible();
				}
				catch (IOException ex) {
					throw new IllegalStateException(ex);
				}
			}
		}

		void error() throws IOException {
			Context context = this.context;
			if (context == null) {
				throw new IllegalStateException("Not asynchronous");
			}
			for (AsyncListener each : context.getListeners()) {
				each.onError(new AsyncEvent(context));
			}
		}

		private void check() {
			if (this.recycled) {
				throw new AssertionError("The response belongs to another request");
			}
			if (!this.called) {
				throw new AssertionError("The container has not called yet");
			}
		}

		@Override
		public boolean isReady() {
			check();
			if (this.waiting) {
				return false;
			}
			this.ready = this.room > 0;
			this.waiting = !this.ready;
			return this.ready;
		}

		@Override
		public void write(byte[] bytes, int offset, int length) throws IOException {
			check();
			if (!this.ready) {
				throw new AssertionError("Not ready");
			}
			this.ready = false;
			if (this.broken) {
				throw new IOException("Broken pipe");
			}
			this.room = Math.max(0, this.room - length);
			this.written.write(bytes, offset, length);
		}

		@Override
		public void write(int value) throws IOException {
			write(new byte[] { (byte) value }, 0, 1);
		}

		@Override
		public void flush() {
			check();
			if (!this.ready) {
				throw new AssertionError("Not ready");
			}
			this.ready = false;
			this.flushes++;
		}

		@Override
		public void setWriteListener(WriteListener listener) {
			this.listener = listener;
		}

		private final class Context extends MockAsyncContext {

			Context(ServletRequest request, @Nullable ServletResponse response) {
				super(request, response);
			}

			@Override
			public void complete() {
				if (Container.this.recycled) {
					throw new AssertionError("The context belongs to another request");
				}
				Container.this.completed++;
			}

		}

	}

}
