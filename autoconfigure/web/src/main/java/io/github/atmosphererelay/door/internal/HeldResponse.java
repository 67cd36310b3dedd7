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

package io.github.atmosphererelay.door.internal;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;

import io.github.atmosphererelay.guard.Part;
import io.github.atmosphererelay.guard.internal.Timers;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.transport.http.internal.ResponseOutput;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;

/**
 * A response that is kept until there is something to answer. It is answered once; later
 * answers are ignored. Safe for use by many threads; nothing blocks.
 */
public final class HeldResponse {

	private final Reception reception;

	private final Timers timers;

	private final Duration sendTimeout;

	private @Nullable ResponseOutput output;

	private @Nullable Runnable whenGone;

	private boolean answered;

	private boolean ended;

	HeldResponse(Reception reception, Timers timers, Duration sendTimeout) {
		this.reception = reception;
		this.timers = timers;
		this.sendTimeout = sendTimeout;
	}

	synchronized void start(ResponseOutput output) {
		this.output = output;
	}

	/**
	 * Set what is called once if the client disconnects before it is answered.
	 * @param whenGone the action; must not block
	 */
	public void whenGone(Runnable whenGone) {
		synchronized (this) {
			if (this.answered) {
				return;
			}
			if (!this.ended) {
				this.whenGone = whenGone;
				return;
			}
		}
		whenGone.run();
	}

	void ended() {
		Runnable whenGone;
		synchronized (this) {
			this.ended = true;
			whenGone = this.answered ? null : this.whenGone;
			this.whenGone = null;
		}
		if (whenGone != null) {
			whenGone.run();
		}
	}

	/**
	 * Answer.
	 * @param status the status
	 * @param headers further headers
	 * @param body the body, text in UTF-8
	 */
	public void answer(int status, Map<String, String> headers, byte[] body) {
		ResponseOutput output;
		synchronized (this) {
			output = this.output;
			if (this.answered || output == null) {
				return;
			}
			this.answered = true;
			this.whenGone = null;
		}
		boolean done = output.answer((response) -> {
			response.setStatus(status);
			response.setHeader(HttpHeaders.CACHE_CONTROL, "no-store, no-transform");
			response.setContentType("text/plain;charset=UTF-8");
			response.setContentLength(body.length);
			headers.forEach(response::setHeader);
		}, body);
		if (!done) {
			breakOffLater(output);
		}
	}

	private void breakOffLater(ResponseOutput output) {
		try {
			this.timers.later(Part.CLIENT_TIMERS, output::breakOff, this.sendTimeout);
		}
		catch (RejectedExecutionException ex) {
			// The node has stopped
			output.breakOff();
		}
	}

	/**
	 * Refuse the request with a status and a reason, and count that.
	 * @param cause the reason
	 */
	public void refuse(RequestRefusedException cause) {
		this.reception.countRefused(cause.code());
		HttpStatus status = (cause instanceof HandshakeRefusedException refused) ? refused.refusal().status()
				: ErrorStatus.of(cause.code());
		answer(status.value(), Map.of(), cause.reason().getBytes(StandardCharsets.UTF_8));
	}

}
