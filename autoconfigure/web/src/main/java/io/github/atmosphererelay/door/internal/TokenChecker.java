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

import java.security.Principal;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

import io.github.atmosphererelay.guard.internal.Failures;
import io.github.atmosphererelay.guard.internal.RateLimitedLog;
import io.github.atmosphererelay.refusal.ErrorCode;
import io.github.atmosphererelay.refusal.RequestRefusedException;
import io.github.atmosphererelay.security.internal.ClientContext;
import io.github.atmosphererelay.session.CloseReason;
import io.github.atmosphererelay.session.InvalidTokenException;
import io.github.atmosphererelay.session.TokenAuthenticator.Authenticated;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Checks tokens, and converts failures to the doors' error codes. Safe for use by many
 * threads.
 */
public final class TokenChecker {

	private static final Log logger = LogFactory.getLog(TokenChecker.class);

	/**
	 * How many requests wait for another node's answer, each with a thread of the server.
	 */
	private static final int MAX_BLOCKED = 32;

	/** Limited, because clients can send invalid tokens at any rate. */
	private final RateLimitedLog failureLog = new RateLimitedLog(logger, Duration.ofSeconds(10));

	private final ClientAuthentication authentication;

	private final ClientContext context;

	private final RateLimitedLog nameless = new RateLimitedLog(logger, Duration.ofSeconds(10));

	private final Semaphore blocked = new Semaphore(MAX_BLOCKED);

	/**
	 * Create a checker.
	 * @param authentication how clients authenticate
	 * @param context converts the exceptions of the application's security framework
	 */
	public TokenChecker(ClientAuthentication authentication, ClientContext context) {
		this.context = context;
		this.authentication = authentication;
	}

	/**
	 * Return whether this node accepts tokens.
	 * @return whether there is a {@code TokenAuthenticator}
	 */
	public boolean isEnabled() {
		return this.authentication.tokens() != null;
	}

	/**
	 * Return how long a client may take to authenticate.
	 * @return the time from the opening of its connection
	 */
	public Duration timeout() {
		return this.authentication.timeout();
	}

	/**
	 * Return when the principal of a handshake expires.
	 * @param principal the principal
	 * @return the time, or {@code null} if it does not expire
	 */
	public @Nullable Instant expiryOf(Principal principal) {
		return this.authentication.expiry().expiresAt(principal);
	}

	/**
	 * Check a token. May block.
	 * @param token the token
	 * @param handshake the principal of the client's handshake, or {@code null}
	 * @return the authenticated client
	 * @throws RequestRefusedException if the token is not valid or cannot be checked
	 */
	public Authenticated check(String token, @Nullable Principal handshake) {
		RemoteTokens remote = remote(token);
		if (remote == null) {
			return valid(() -> Objects.requireNonNull(this.authentication.tokens()).authenticate(token));
		}
		if (!this.blocked.tryAcquire()) {
			throw new RequestRefusedException(ErrorCode.TOO_MANY_REQUESTS, ErrorCode.TOO_MANY_REQUESTS.text());
		}
		try {
			return remote.authenticateLater(token, handshake).handle(this::validRemote).join();
		}
		catch (CompletionException ex) {
			throw refusal(ex);
		}
		finally {
			this.blocked.release();
		}
	}

	private @Nullable RemoteTokens remote(String token) {
		return (this.authentication.tokens() instanceof RemoteTokens tokens && tokens.isRemote(token)) ? tokens : null;
	}

	private Authenticated validRemote(@Nullable Authenticated client, @Nullable Throwable failure) {
		Throwable cause = Failures.unwrap(failure);
		if (cause instanceof RequestRefusedException refusal) {
			throw refusal;
		}
		return valid(() -> {
			if (cause instanceof RuntimeException ex) {
				throw ex;
			}
			if (client == null) {
				throw new IllegalStateException("The token could not be checked", cause);
			}
			return client;
		});
	}

	private Authenticated valid(Supplier<Authenticated> authentication) {
		Authenticated client;
		try {
			client = authentication.get();
		}
		catch (InvalidTokenException ex) {
			logger.debug("A client has sent an invalid token", ex);
			throw new RequestRefusedException(ErrorCode.UNAUTHORIZED, "invalid token");
		}
		catch (RuntimeException ex) {
			RequestRefusedException refusal = this.context.refusal(ex, null);
			if (refusal != null) {
				logger.debug("A client has sent a token that is not accepted", ex);
				throw refusal;
			}
			this.failureLog.error("A token could not be checked because the TokenAuthenticator failed, and its client"
					+ " was refused", ex);
			throw new RequestRefusedException(ErrorCode.INTERNAL, ErrorCode.INTERNAL.text());
		}
		if (client.principal().getName() == null) {
			this.nameless.warn(() -> "A client was refused, because the principal of its token, a "
					+ client.principal().getClass().getName() + ", has no name. " + Refusal.NAMELESS.advice());
			throw new RequestRefusedException(ErrorCode.UNAUTHORIZED, "the token names no user");
		}
		if (client.isExpired()) {
			throw new RequestRefusedException(ErrorCode.TOKEN_EXPIRED, ErrorCode.TOKEN_EXPIRED.text());
		}
		return client;
	}

	/**
	 * Check a token on a thread that may block.
	 * @param token the token
	 * @return completes on that thread; fails with {@link RequestRefusedException}
	 */
	public CompletableFuture<Authenticated> checkLater(String token) {
		return checkLater(token, null);
	}

	/**
	 * Check a token on a thread that may block, or at another node without a thread that
	 * waits.
	 * @param token the token
	 * @param handshake the principal of the client's handshake, or {@code null}
	 * @return completes on a thread that may block; fails with
	 * {@link RequestRefusedException}
	 */
	public CompletableFuture<Authenticated> checkLater(String token, @Nullable Principal handshake) {
		RemoteTokens remote = remote(token);
		try {
			if (remote != null) {
				return remote.authenticateLater(token, handshake)
					.handleAsync(this::validRemote, this.authentication.executor());
			}
			// Limited by the time that a client may take to authenticate, because nothing
			// else closes the connection during the check.
			return CompletableFuture.supplyAsync(() -> check(token, handshake), this.authentication.executor())
				.orTimeout(timeout().toMillis(), TimeUnit.MILLISECONDS);
		}
		catch (RejectedExecutionException ex) {
			return CompletableFuture.failedFuture(
					new RequestRefusedException(ErrorCode.TOO_MANY_REQUESTS, ErrorCode.TOO_MANY_REQUESTS.text()));
		}
		catch (Error ex) {
			// For example, no thread can be created for lack of memory: the caller
			// handles it like any other failure
			return CompletableFuture.failedFuture(ex);
		}
	}

	/**
	 * Return the refusal for a failed check.
	 * @param failure the failure of the check's future
	 * @return the refusal
	 */
	public RequestRefusedException refusal(Throwable failure) {
		Throwable cause = Failures.unwrap(failure);
		if (cause instanceof RequestRefusedException known) {
			return known;
		}
		if (cause instanceof RejectedExecutionException) {
			return new RequestRefusedException(ErrorCode.TOO_MANY_REQUESTS, ErrorCode.TOO_MANY_REQUESTS.text());
		}
		if (cause instanceof TimeoutException) {
			this.failureLog.warn("A client was refused, because its token was not checked within"
					+ " 'atmosphere.security.token-timeout'. Raise it, or find out why the TokenAuthenticator is slow");
			return new RequestRefusedException(ErrorCode.INTERNAL, ErrorCode.INTERNAL.text());
		}
		this.failureLog.error("A client was refused, because its token could not be checked", cause);
		return new RequestRefusedException(ErrorCode.INTERNAL, ErrorCode.INTERNAL.text());
	}

	/**
	 * Return the close reason for a client that is not connected yet and whose token was
	 * refused.
	 * @param refusal the refusal
	 * @return the close reason
	 */
	public static CloseReason closeReason(RequestRefusedException refusal) {
		return switch (refusal.code()) {
			case UNAUTHORIZED -> CloseReason.INVALID_TOKEN;
			case TOKEN_EXPIRED -> CloseReason.EXPIRED;
			case INTERNAL -> CloseReason.INTERNAL_ERROR;
			case TOO_MANY_REQUESTS -> CloseReason.TOO_MANY_REQUESTS;
			default -> CloseReason.PERMISSION_DENIED;
		};
	}

}
