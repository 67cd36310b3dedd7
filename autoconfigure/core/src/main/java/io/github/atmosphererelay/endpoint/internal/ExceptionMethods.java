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

package io.github.atmosphererelay.endpoint.internal;

import java.lang.reflect.Method;
import java.util.Map;

import org.jspecify.annotations.Nullable;

import org.springframework.messaging.handler.annotation.support.AnnotationExceptionHandlerMethodResolver;

/**
 * The methods of an endpoint that handle exceptions of its other methods.
 */
record ExceptionMethods(@Nullable AnnotationExceptionHandlerMethodResolver resolver,
		Map<Method, EndpointMethod> methods) {

	static final ExceptionMethods NONE = new ExceptionMethods(null, Map.of());

	@Nullable EndpointMethod find(Throwable failure) {
		Method method = (this.resolver != null) ? this.resolver.resolveMethod(failure) : null;
		return (method != null) ? this.methods.get(method) : null;
	}

}
