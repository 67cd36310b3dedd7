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

package io.github.atmosphererelay.application.internal;

import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;

import io.github.atmosphererelay.guard.internal.Failures;
import org.jspecify.annotations.Nullable;

/**
 * A future that the application gets. It returns its result as soon as the library has
 * it: threads that wait in {@code join} or {@code get} continue at once, and a
 * continuation that is registered later runs at once on the thread that registers it. A
 * continuation that was registered before runs a little later, on a thread that may
 * block.
 * <p>
 * For that, the object contains two futures. The state gets the result at once; no
 * continuation of the application depends on it. The other one is this object, whose
 * continuations {@link ApplicationFutures} runs on the application's threads.
 *
 * @param <T> the type of the result
 */
final class ApplicationFuture<T> extends CompletableFuture<T> implements LaterJdkFuture<T> {

	private final ApplicationFutures futures;

	private final Object key;

	private final CompletableFuture<T> state = new CompletableFuture<>();

	ApplicationFuture(ApplicationFutures futures, Object key) {
		this.futures = futures;
		this.key = key;
	}

	Object key() {
		return this.key;
	}

	/**
	 * Return the future that gets the result at once, for use by the library only.
	 */
	CompletableFuture<T> state() {
		return this.state;
	}

	/**
	 * Set the result. The failure may be wrapped in a CompletionException. Called on a
	 * thread that must not be blocked.
	 */
	void settle(@Nullable T value, @Nullable Throwable failure) {
		if (complete(this.state, value, Failures.unwrap(failure))) {
			this.futures.settled(this);
		}
	}

	/**
	 * Complete this future, which runs its continuations. Called on a thread that may
	 * block.
	 */
	void finish() {
		this.state.whenComplete((value, failure) -> {
			if (failure != null) {
				super.completeExceptionally(failure);
			}
			else {
				super.complete(value);
			}
		});
	}

	@SuppressWarnings("NullAway") // The value of a future may be null.
	private static <T> boolean complete(CompletableFuture<T> future, @Nullable T value, @Nullable Throwable failure) {
		return (failure != null) ? future.completeExceptionally(failure) : future.complete(value);
	}

	@Override
	public boolean complete(T value) {
		boolean first = this.state.complete(value);
		if (first) {
			super.complete(value);
		}
		return first;
	}

	@Override
	public boolean completeExceptionally(Throwable failure) {
		boolean first = this.state.completeExceptionally(failure);
		if (first) {
			super.completeExceptionally(failure);
		}
		return first;
	}

	@Override
	public boolean cancel(boolean mayInterruptIfRunning) {
		return completeExceptionally(new CancellationException()) || isCancelled();
	}

	@Override
	public void obtrudeValue(T value) {
		this.state.obtrudeValue(value);
		super.obtrudeValue(value);
	}

	@Override
	public void obtrudeException(Throwable failure) {
		this.state.obtrudeException(failure);
		super.obtrudeException(failure);
	}

	/**
	 * Overridden because the timer of the JDK runs continuations on its only thread.
	 */
	@Override
	public CompletableFuture<T> orTimeout(long timeout, TimeUnit unit) {
		return endAfter(timeout, unit, () -> settle(null, new TimeoutException()));
	}

	@Override
	public CompletableFuture<T> completeOnTimeout(T value, long timeout, TimeUnit unit) {
		return endAfter(timeout, unit, () -> settle(value, null));
	}

	private CompletableFuture<T> endAfter(long timeout, TimeUnit unit, Runnable end) {
		if (!this.state.isDone()) {
			ScheduledFuture<?> alarm = this.futures.schedule(end, timeout, unit);
			if (alarm != null) {
				this.state.whenComplete((value, failure) -> alarm.cancel(false));
			}
		}
		return this;
	}

	@Override
	public boolean isDone() {
		return this.state.isDone();
	}

	@Override
	public boolean isCancelled() {
		return this.state.isCancelled();
	}

	@Override
	public boolean isCompletedExceptionally() {
		return this.state.isCompletedExceptionally();
	}

	@Override
	public T get() throws InterruptedException, ExecutionException {
		return this.state.get();
	}

	@Override
	public T get(long timeout, TimeUnit unit) throws InterruptedException, ExecutionException, TimeoutException {
		return this.state.get(timeout, unit);
	}

	@Override
	public T join() {
		return this.state.join();
	}

	@Override
	public T getNow(T valueIfAbsent) {
		return this.state.getNow(valueIfAbsent);
	}

	@Override
	public T resultNow() {
		if (!isDone() || isCompletedExceptionally()) {
			throw new IllegalStateException("The future has no result, because it is not complete or has failed");
		}
		return this.state.join();
	}

	@Override
	public Throwable exceptionNow() {
		if (!isCompletedExceptionally() || isCancelled()) {
			throw new IllegalStateException(
					"The future has no exception, because it is not complete, was cancelled" + " or has succeeded");
		}
		try {
			this.state.get();
		}
		catch (ExecutionException ex) {
			return (ex.getCause() != null) ? ex.getCause() : ex;
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		throw new IllegalStateException(
				"The future has no exception, because it is not complete, was cancelled or" + " has succeeded");
	}

	@Override
	public CompletableFuture<T> toCompletableFuture() {
		return this.state.isDone() ? this.state : this;
	}

	@Override
	public <U> CompletableFuture<U> thenApply(Function<? super T, ? extends U> action) {
		return this.state.isDone() ? this.state.thenApply(action) : super.thenApply(action);
	}

	@Override
	public CompletableFuture<Void> thenAccept(Consumer<? super T> action) {
		return this.state.isDone() ? this.state.thenAccept(action) : super.thenAccept(action);
	}

	@Override
	public CompletableFuture<Void> thenRun(Runnable action) {
		return this.state.isDone() ? this.state.thenRun(action) : super.thenRun(action);
	}

	@Override
	public <U, V> CompletableFuture<V> thenCombine(CompletionStage<? extends U> other,
			BiFunction<? super T, ? super U, ? extends V> action) {
		return this.state.isDone() ? this.state.thenCombine(other, action) : super.thenCombine(other, action);
	}

	@Override
	public <U> CompletableFuture<Void> thenAcceptBoth(CompletionStage<? extends U> other,
			BiConsumer<? super T, ? super U> action) {
		return this.state.isDone() ? this.state.thenAcceptBoth(other, action) : super.thenAcceptBoth(other, action);
	}

	@Override
	public CompletableFuture<Void> runAfterBoth(CompletionStage<?> other, Runnable action) {
		return this.state.isDone() ? this.state.runAfterBoth(other, action) : super.runAfterBoth(other, action);
	}

	@Override
	public <U> CompletableFuture<U> applyToEither(CompletionStage<? extends T> other, Function<? super T, U> action) {
		return this.state.isDone() ? this.state.applyToEither(other, action) : super.applyToEither(other, action);
	}

	@Override
	public CompletableFuture<Void> acceptEither(CompletionStage<? extends T> other, Consumer<? super T> action) {
		return this.state.isDone() ? this.state.acceptEither(other, action) : super.acceptEither(other, action);
	}

	@Override
	public CompletableFuture<Void> runAfterEither(CompletionStage<?> other, Runnable action) {
		return this.state.isDone() ? this.state.runAfterEither(other, action) : super.runAfterEither(other, action);
	}

	@Override
	public <U> CompletableFuture<U> thenCompose(Function<? super T, ? extends CompletionStage<U>> action) {
		return this.state.isDone() ? this.state.thenCompose(action) : super.thenCompose(action);
	}

	@Override
	public CompletableFuture<T> whenComplete(BiConsumer<? super T, ? super Throwable> action) {
		return this.state.isDone() ? this.state.whenComplete(action) : super.whenComplete(action);
	}

	@Override
	public <U> CompletableFuture<U> handle(BiFunction<? super T, Throwable, ? extends U> action) {
		return this.state.isDone() ? this.state.handle(action) : super.handle(action);
	}

	@Override
	public CompletableFuture<T> exceptionally(Function<Throwable, ? extends T> action) {
		return this.state.isDone() ? this.state.exceptionally(action) : super.exceptionally(action);
	}

	@Override
	public CompletableFuture<T> exceptionallyCompose(Function<Throwable, ? extends CompletionStage<T>> action) {
		return this.state.isDone() ? this.state.exceptionallyCompose(action) : super.exceptionallyCompose(action);
	}

	@Override
	public CompletableFuture<T> copy() {
		return this.state.isDone() ? this.state.copy() : super.copy();
	}

	@Override
	public CompletionStage<T> minimalCompletionStage() {
		return this.state.isDone() ? this.state.minimalCompletionStage() : super.minimalCompletionStage();
	}

	@Override
	public String toString() {
		return this.state.toString();
	}

}
