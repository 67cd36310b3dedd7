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

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.WriteListener;
import jakarta.servlet.http.HttpServletResponse;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * The output of one HTTP response that stays open. It never blocks on the client: bytes
 * that the container does not take now are kept, and are written when it calls.
 * <p>
 * A container uses its request, response and asynchronous context again for the next
 * request, possibly of another client. Therefore all use of them is guarded by one lock,
 * and nothing is used after the response has ended, whether it was completed here or the
 * container has reported an error. Only the holder of the lock completes the response.
 * <p>
 * Threads: the session's writer, the container's threads and the pool that closes
 * sessions. Callbacks run without the lock.
 */
public final class ResponseOutput implements WriteListener, AsyncListener {

	private static final Log logger = LogFactory.getLog(ResponseOutput.class);

	/** A container copies what the connection does not accept of a write. */
	private static final int SLICE = 16 * 1024;

	private static final long BREAK_MILLIS = 50;

	private final ReentrantLock lock = new ReentrantLock();

	private final Queue<byte[]> pending = new ArrayDeque<>(2);

	/** How much of the first pending array has been written. */
	private int offset;

	private boolean unflushed;

	private State state = State.STARTING;

	private @Nullable AsyncContext context;

	private @Nullable ServletOutputStream out;

	private @Nullable Runnable breaker;

	/**
	 * Whether a failed write ends the asynchronous context. Otherwise the container ends
	 * it, and reports that.
	 */
	private final boolean completesAfterFailure;

	private @Nullable Runnable whenFlushed;

	/** Sets the status and headers once the thread of the request has returned. */
	private @Nullable Consumer<HttpServletResponse> head;

	/** Called once when the response has ended. */
	private @Nullable Runnable whenEnded;

	/** Whether {@link AsyncContext#complete()} was called. */
	private boolean completed;

	private volatile boolean breaking;

	private ResponseOutput(AsyncContext context, boolean completesAfterFailure, @Nullable Runnable breaker,
			Runnable whenEnded) {
		this.context = context;
		this.completesAfterFailure = completesAfterFailure;
		this.breaker = breaker;
		this.whenEnded = whenEnded;
	}

	/**
	 * Take over a response. Called on the thread that serves the request, after the
	 * headers were set. The container sends nothing before that thread has returned.
	 * @param request the request as the container has created it, not wrapped
	 * @param response the response as the container has created it, not wrapped
	 * @param breaker breaks the response off if its client does not read
	 * @param whenEnded called once when the response has ended for whatever reason, on
	 * any thread; must not block
	 * @return the output
	 * @throws IOException if the container has no output for the response
	 */
	public static ResponseOutput start(ServletRequest request, ServletResponse response, ResponseBreaker breaker,
			Runnable whenEnded) throws IOException {
		ServletOutputStream out = response.getOutputStream();
		Runnable breakOff = breaker.of(request);
		AsyncContext context = request.startAsync(request, response);
		boolean tomcat = context.getClass().getName().startsWith("org.apache.catalina.");
		ResponseOutput output = new ResponseOutput(context, !tomcat, breakOff, whenEnded);
		// The session decides how long the response lasts
		context.setTimeout(0);
		context.addListener(output);
		output.lock.lock();
		try {
			output.out = out;
		}
		finally {
			output.lock.unlock();
		}
		out.setWriteListener(output);
		return output;
	}

	/**
	 * Add the bytes that the response begins with.
	 */
	void begin(byte[] bytes) {
		this.lock.lock();
		try {
			this.pending.add(bytes);
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Add bytes, which are written by {@link #flush} or later.
	 * @param bytes the bytes, not modified later
	 * @throws IOException if the response has ended
	 */
	public void write(byte[] bytes) throws IOException {
		this.lock.lock();
		try {
			checkOpen();
			if (bytes.length > 0 && this.state != State.CLOSING) {
				this.pending.add(bytes);
			}
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Another thread may have begun to end the response: that is no failure, and what is
	 * written later is left out.
	 */
	private void checkOpen() throws IOException {
		if (this.state == State.ENDED) {
			throw new IOException("The response has ended");
		}
	}

	/**
	 * Write the added bytes.
	 * @param whenFlushed called once if this method returns {@code false}, when
	 * everything was written
	 * @return whether the connection has accepted everything
	 * @throws IOException if the response has ended
	 */
	public boolean flush(Runnable whenFlushed) throws IOException {
		this.lock.lock();
		try {
			checkOpen();
			if (this.state == State.CLOSING) {
				return true;
			}
			boolean done = push();
			if (!done) {
				this.whenFlushed = whenFlushed;
			}
			return done;
		}
		catch (IOException | RuntimeException ex) {
			fail(ex);
			throw ex;
		}
		finally {
			release();
		}
	}

	/**
	 * End the response after everything that was added.
	 * @param last the last bytes
	 * @return whether the response has ended; otherwise it ends as soon as the client has
	 * read enough
	 */
	public boolean close(byte[] last) {
		this.lock.lock();
		try {
			if (this.state == State.OPEN || this.state == State.STARTING) {
				if (last.length > 0) {
					this.pending.add(last);
				}
				boolean open = (this.state == State.OPEN);
				this.state = State.CLOSING;
				if (open && push()) {
					complete();
				}
			}
			return this.state == State.ENDED;
		}
		catch (IOException | RuntimeException ex) {
			fail(ex);
			return true;
		}
		finally {
			release();
		}
	}

	/**
	 * Answer with a status and a body of which nothing was written before, and end the
	 * response. Until the thread of the request has returned, filters of the application
	 * may set headers, which is not for two threads.
	 * @param head sets the status and headers
	 * @param body the body; may be empty
	 * @return whether the response has ended; otherwise it ends as soon as the client has
	 * read enough
	 */
	public boolean answer(Consumer<HttpServletResponse> head, byte[] body) {
		this.lock.lock();
		try {
			AsyncContext context = this.context;
			if (this.state == State.STARTING) {
				this.head = head;
			}
			else if (context != null && this.state == State.OPEN) {
				head.accept((HttpServletResponse) context.getResponse());
			}
			return close(body);
		}
		catch (RuntimeException ex) {
			fail(ex);
			return true;
		}
		finally {
			release();
		}
	}

	/**
	 * End the response at once if nothing waits for the client to read. Waits a moment
	 * for a thread that is writing.
	 * @param last the last bytes
	 * @return whether the response has ended
	 */
	public boolean closeNow(byte[] last) {
		if (!tryLock()) {
			return false;
		}
		try {
			if (this.state == State.OPEN && push()) {
				this.pending.add(last);
				if (push()) {
					complete();
				}
			}
			return this.state == State.ENDED;
		}
		catch (IOException | RuntimeException ex) {
			fail(ex);
			return true;
		}
		finally {
			release();
		}
	}

	/**
	 * Break the response off, and discard what was not written. If another thread is
	 * blocked in a write, that thread breaks it off as soon as it returns.
	 */
	public void breakOff() {
		this.breaking = true;
		if (tryLock()) {
			release();
		}
	}

	private boolean tryLock() {
		try {
			return this.lock.tryLock(BREAK_MILLIS, TimeUnit.MILLISECONDS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			return this.lock.tryLock();
		}
	}

	/**
	 * Write pending bytes as far as the container takes them. Before its first call the
	 * container must not be asked.
	 * @return whether the connection has accepted everything
	 */
	private boolean push() throws IOException {
		ServletOutputStream out = this.out;
		if (out == null || this.state == State.STARTING) {
			return false;
		}
		for (byte[] bytes = this.pending.peek(); bytes != null; bytes = this.pending.peek()) {
			if (!out.isReady()) {
				return false;
			}
			int length = Math.min(SLICE, bytes.length - this.offset);
			this.unflushed = true;
			out.write(bytes, this.offset, length);
			this.offset += length;
			if (this.offset == bytes.length) {
				this.pending.remove();
				this.offset = 0;
			}
		}
		if (!out.isReady()) {
			return false;
		}
		if (this.unflushed) {
			out.flush();
			this.unflushed = false;
		}
		return out.isReady();
	}

	@Override
	public void onWritePossible() {
		Runnable flushed = null;
		this.lock.lock();
		try {
			boolean closing = (this.state == State.CLOSING);
			if (this.state == State.STARTING) {
				this.state = State.OPEN;
			}
			setHead();
			if (push()) {
				flushed = this.whenFlushed;
				this.whenFlushed = null;
				if (closing) {
					complete();
				}
			}
		}
		catch (IOException | RuntimeException ex) {
			fail(ex);
		}
		finally {
			release();
		}
		if (flushed != null) {
			flushed.run();
		}
	}

	private void setHead() {
		Consumer<HttpServletResponse> head = this.head;
		AsyncContext context = this.context;
		this.head = null;
		if (head != null && context != null) {
			head.accept((HttpServletResponse) context.getResponse());
		}
	}

	/**
	 * Complete the response, whose bytes were all written.
	 */
	private void complete() {
		AsyncContext context = this.context;
		forget();
		if (context != null && !this.completed) {
			this.completed = true;
			context.complete();
		}
	}

	/**
	 * Note that writing has failed. Tomcat ends the context on a thread of its own, and
	 * may use it for another request by the time it could be completed here. Jetty does
	 * not report every failure, and does not use it again.
	 */
	private void fail(Throwable failure) {
		if (this.state == State.ENDED) {
			return;
		}
		logger.debug("An HTTP response cannot be written to", failure);
		if (this.completesAfterFailure) {
			completeAfterFailure();
		}
		else {
			forget();
		}
	}

	private void completeAfterFailure() {
		try {
			complete();
		}
		catch (RuntimeException ex) {
			logger.debug("An HTTP response had already ended", ex);
		}
	}

	private void forget() {
		this.state = State.ENDED;
		this.context = null;
		this.out = null;
		this.breaker = null;
		this.whenFlushed = null;
		this.head = null;
		this.pending.clear();
	}

	/**
	 * Give the lock back. Breaks the response off if another thread has asked for it, and
	 * reports the end.
	 */
	private void release() {
		Runnable ended = null;
		try {
			if (this.breaking && this.state != State.ENDED) {
				breakNow();
			}
			// A container may call its listeners within a call of this thread
			if (this.state == State.ENDED && this.lock.getHoldCount() == 1) {
				ended = this.whenEnded;
				this.whenEnded = null;
			}
		}
		finally {
			this.lock.unlock();
		}
		if (ended != null) {
			ended.run();
		}
	}

	private void breakNow() {
		Runnable breaker = this.breaker;
		if (breaker == null) {
			completeAfterFailure();
			return;
		}
		forget();
		try {
			breaker.run();
		}
		catch (RuntimeException ex) {
			logger.debug("An HTTP response had already ended", ex);
		}
	}

	@Override
	public void onError(Throwable failure) {
		this.lock.lock();
		try {
			fail(failure);
		}
		finally {
			release();
		}
	}

	@Override
	public void onError(AsyncEvent event) {
		endedBy(event);
	}

	@Override
	public void onTimeout(AsyncEvent event) {
		endedBy(event);
	}

	/**
	 * Complete the response on the container's thread that reports its end, which waits
	 * for that.
	 */
	private void endedBy(AsyncEvent event) {
		this.lock.lock();
		try {
			forget();
			if (!this.completed) {
				this.completed = true;
				event.getAsyncContext().complete();
			}
		}
		catch (RuntimeException ex) {
			logger.debug("An HTTP response had already ended", ex);
		}
		finally {
			release();
		}
	}

	@Override
	public void onComplete(AsyncEvent event) {
		this.lock.lock();
		try {
			this.completed = true;
			forget();
		}
		finally {
			release();
		}
	}

	@Override
	public void onStartAsync(AsyncEvent event) {
	}

	/**
	 * The state of the response. From each state but the last, an error leads to the
	 * last.
	 */
	private enum State {

		/** The container has not called yet, so that nothing may be written. */
		STARTING,

		/** Bytes are written. */
		OPEN,

		/** The response ends after the pending bytes. */
		CLOSING,

		/** The response belongs to the container again. */
		ENDED

	}

}
